"""The AsyncAPI 3.0 document, generated from the streams and the message classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from contract import backend, downlink, rights, uplink
from contract.streams import STREAMS
from contract.topics import DOWNLINKS, ROOT

EXAMPLES = Path(__file__).parent / "examples"
_REFERENCE = "#/components/schemas/{name}"
_DOWNLINK_MESSAGES = dict.fromkeys(DOWNLINKS, downlink.Sealed) | {"stored": downlink.Stored}
_CHUNK = {"chunk": {"description": "number of the chunk, from 0"}}
_SEALED_BODIES = (
    downlink.Plan,
    rights.Snapshot,
    rights.Delta,
    downlink.Command,
    downlink.Config,
)


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    uplinks = [stream.message for stream in STREAMS] + [uplink.Hello, uplink.Will]
    messages = {
        m.__name__: m for m in [*uplinks, *_DOWNLINK_MESSAGES.values(), backend.AcceptedBatch]
    }
    _, schemas = msgspec.json.schema_components(
        [*messages.values(), *_SEALED_BODIES], ref_template=_REFERENCE
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SoftPlace",
            "version": "1",
            "description": "Messages between the units of a territory and its backend. Generated.",
            "license": {"name": "Apache-2.0"},
        },
        "channels": _channels(),
        "components": {
            "messages": {name: _message(name, m) for name, m in sorted(messages.items())},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _channels() -> dict[str, Any]:
    parameters = {
        "territory": {"description": "lower-case slug of the territory"},
        "kind": {"enum": ["truck", "bus", "space", "reader"]},
        "unit": {"description": "lower-case slug of the unit"},
    }
    unit = f"{ROOT}/{{territory}}/{{kind}}/{{unit}}"
    channels: dict[str, Any] = {}
    for stream in STREAMS:
        names = [stream.message.__name__] + (["Hello", "Will"] if stream.name == "status" else [])
        channels[stream.name] = {
            "address": f"{unit}/{stream.name}",
            "parameters": parameters,
            "description": (
                f"Lane {stream.lane}, {'retained' if stream.retained else 'not retained'}, kept "
                f"{stream.retention.days} days, at most {stream.max_bytes} bytes."
            ),
            "messages": _references(names),
        }
    for name, message in _DOWNLINK_MESSAGES.items():
        channels[f"down_{name}"] = {
            "address": f"{unit}/down/{name}" + ("/{chunk}" if name == "rights" else ""),
            "parameters": parameters | (_CHUNK if name == "rights" else {}),
            "messages": _references([message.__name__]),
        }
    channels["accepted"] = {
        "address": f"{ROOT}/{{territory}}/backend/accepted",
        "parameters": {"territory": parameters["territory"]},
        "messages": _references(["AcceptedBatch"]),
    }
    return channels


def _references(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _message(name: str, message: type) -> dict[str, Any]:
    described: dict[str, Any] = {
        "contentType": "application/json",
        "summary": (message.__doc__ or "").splitlines()[0],
        "payload": {"$ref": _REFERENCE.format(name=name)},
    }
    example = EXAMPLES / f"{name.lower()}.json"
    if example.exists():
        described["examples"] = [{"payload": json.loads(example.read_text(encoding="utf-8"))}]
    return described


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"

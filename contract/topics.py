"""Topics: `softplace/1/<territory>/<kind>/<unit>/<stream>`, down and backend topics beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from contract.errors import InvalidUnit, MalformedTopic
from contract.streams import BY_NAME

ROOT = "softplace/1"
Kind = Literal["truck", "bus", "space", "reader"]
KINDS: tuple[str, ...] = get_args(Kind)
DOWNLINKS = ("stored", "plan", "rights", "rights_delta", "command", "config")

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """A vehicle, space or reader, as the wire names it."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class UplinkTopic:
    """Where an uplink message came from."""

    territory: str
    unit: Unit
    stream: str


def parse_unit(text: str) -> Unit:
    """A unit of "bus/b1". Raises InvalidUnit with what to write instead."""
    kind, slash, name = text.partition("/")
    if not slash:
        raise InvalidUnit(text, "write KIND/ID, for example bus/b1")
    if kind not in KINDS:
        raise InvalidUnit(text, f"kind {kind!r} is unknown; it is one of {', '.join(KINDS)}")
    if not is_slug(name):
        raise InvalidUnit(
            text, f"id {name!r} must be 1 to 40 of a-z, 0-9 and inner dashes, for example b1"
        )
    return Unit(kind, name)


def is_slug(text: str) -> bool:
    """Whether `text` may stand as one level of a topic."""
    return _SLUG.fullmatch(text) is not None


def uplink_topic(territory: str, unit: Unit, stream: str) -> str:
    """Topic on which `unit` says something of `stream`."""
    return f"{ROOT}/{territory}/{unit.kind}/{unit.name}/{stream}"


def downlink_topic(territory: str, unit: Unit, name: str) -> str:
    """Topic on which the backend tells `unit` something."""
    return f"{ROOT}/{territory}/{unit.kind}/{unit.name}/down/{name}"


def rights_topic(territory: str, unit: Unit, chunk: int) -> str:
    """Where one chunk of a unit's rights is retained."""
    return f"{downlink_topic(territory, unit, 'rights')}/{chunk}"


def downlink_filter(territory: str, unit: Unit) -> str:
    """What a unit subscribes to."""
    return downlink_topic(territory, unit, "#")


def uplink_filter(territory: str) -> str:
    """What the ingest subscribes to; the backend's own and the down topics do not match it."""
    return f"{ROOT}/{territory}/+/+/+"


def accepted_topic(territory: str) -> str:
    """Where the ingest hands on what it has accepted."""
    return f"{ROOT}/{territory}/backend/accepted"


def parse_uplink_topic(topic: str) -> UplinkTopic:
    """The parts of an uplink topic. Raises MalformedTopic with the part that is wrong."""
    levels = topic.split("/")
    if len(levels) != 6 or not topic.startswith(ROOT + "/"):
        raise MalformedTopic(topic, f"expected {ROOT}/<territory>/<kind>/<unit>/<stream>")
    _, _, territory, kind, name, stream = levels
    if not is_slug(territory):
        raise MalformedTopic(topic, f"territory {territory!r} is not a lower-case slug")
    if kind not in KINDS:
        raise MalformedTopic(topic, f"kind {kind!r} is not one of {', '.join(KINDS)}")
    if not is_slug(name):
        raise MalformedTopic(topic, f"unit {name!r} is not a lower-case slug")
    if stream not in BY_NAME:
        raise MalformedTopic(topic, f"stream {stream!r} is not one of {', '.join(BY_NAME)}")
    return UplinkTopic(territory, Unit(kind, name), stream)

"""A device gets its identity: keys made here, a certificate asked for with a one-time code."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec

from contract.enrolment import (
    NAME_CHARACTERS,
    PATH,
    EnrolAnswer,
    EnrolmentRefused,
    EnrolRequest,
    disclose,
    enclose,
    key_of,
    read_envelope,
    tidy_code,
)
from contract.errors import InvalidUnit
from contract.topics import parse_unit
from edge.agent.errors import EnrolmentFailed
from edge.agent.identity_files import (
    BOX_KEY,
    CA,
    CERTIFICATE,
    NEXT,
    OWNER_ONLY,
    READABLE,
    RETIRED,
    SIGNERS,
    TLS_KEY,
    write_file,
)
from edge.agent.tls_keys import certificate_request, is_for_key, new_tls_key

ANSWER_WITHIN_S = 30.0
MOST_ANSWER_BYTES = 65_536
PENDING = "enrolment.json"

Post = Callable[[str, bytes], bytes]
"""Sends a body to an address and returns the answer's. Raises EnrolmentFailed."""


def enrol(state: Path, server: str, code: str, machine_serial: str, post: Post) -> EnrolAnswer:
    """Make keys, ask `server`, and write the identity it gives under `state`.

    Interrupted, it may be called again with the same code: it asks with the same keys, and gets
    the same answer. Raises EnrolmentFailed and EnrolmentRefused, one sentence each.
    """
    tidied = tidy_code(code)
    invitation, key = tidied[:NAME_CHARACTERS], key_of(tidied)
    url = server.rstrip("/") + PATH
    pending = state / PENDING
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        body = _pending_request(pending, machine_serial, key)
        envelope = read_envelope(post(url, enclose(invitation, key, "ask", body)))
        answer = _believed(disclose(envelope, key, "answer"))
        _keep(identity_directory(state, answer.unit), pending, answer)
    except OSError as error:
        if isinstance(error, EnrolmentFailed):
            raise
        raise EnrolmentFailed(str(state), error.strerror or str(error)) from error
    return answer


def identity_directory(state: Path, unit: str) -> Path:
    """Where the identity of `unit` ("bus/b1") lies: a machine may run an agent of each kind."""
    return state / unit.partition("/")[0] / "identity"


def _pending_request(path: Path, machine_serial: str, key: bytes) -> bytes:
    """The request of this code, from before an interruption or new.

    The new keys wait beside the old ones: an identity that works is not harmed by a refusal.
    """
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["code_hash"] == key.hex():
            return bytes.fromhex(kept["body"])
    from cryptography.hazmat.primitives.asymmetric.x25519 import (  # noqa: PLC0415 - see tls_keys
        X25519PrivateKey,
    )

    box = X25519PrivateKey.generate()
    tls_key = new_tls_key()
    request = EnrolRequest(
        csr=certificate_request(tls_key),
        box_public=box.public_key().public_bytes_raw().hex(),
        machine_serial=machine_serial[:64],
    )
    body = msgspec.json.encode(request)
    kept = {
        "code_hash": key.hex(),
        "body": body.hex(),
        "box_key": box.private_bytes_raw().hex(),
        "tls_key": tls_key.decode(),
    }
    write_file(path, json.dumps(kept).encode(), OWNER_ONLY)
    return body


def _believed(body: bytes) -> EnrolAnswer:
    try:
        answer = msgspec.json.decode(body, type=EnrolAnswer)
        parse_unit(answer.unit)  # a directory and a file are named after it
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidUnit) as error:
        raise EnrolmentRefused(f"the server's answer is unreadable ({error})") from error
    return answer


def _keep(directory: Path, pending: Path, answer: EnrolAnswer) -> None:
    """Write the identity. The pending request goes last: a cut is mended by asking again."""
    kept = json.loads(pending.read_text(encoding="utf-8"))
    tls_key = kept["tls_key"].encode()
    if not is_for_key(answer.certificate, tls_key):
        raise EnrolmentRefused("the certificate does not belong to the key that was made here")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (CERTIFICATE + NEXT, TLS_KEY + NEXT):
        (directory / name).unlink(missing_ok=True)
    write_file(directory / BOX_KEY, bytes.fromhex(kept["box_key"]))
    write_file(directory / SIGNERS, json.dumps(answer.signers, indent=1).encode(), READABLE)
    write_file(directory / CA, answer.authority.encode(), READABLE)
    write_file(directory / TLS_KEY, tls_key)
    write_file(directory / CERTIFICATE, answer.certificate.encode(), READABLE)
    (directory / RETIRED).unlink(missing_ok=True)
    pending.unlink()


def https_post(ca_file: Path | None) -> Post:
    """Over HTTP or HTTPS; `ca_file` is for a server whose authority the system does not know."""

    def post(url: str, body: bytes) -> bytes:
        if not url.startswith(("https://", "http://")):
            raise EnrolmentFailed(url, "write https://HOST")
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            url, body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            context = ssl.create_default_context(cafile=ca_file) if url[:5] == "https" else None
            with urllib.request.urlopen(  # noqa: S310
                request, timeout=ANSWER_WITHIN_S, context=context
            ) as answer:
                return bytes(answer.read(MOST_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise EnrolmentFailed(url, _said(error)) from error
        except urllib.error.URLError as error:
            raise EnrolmentFailed(url, str(error.reason)) from error
        except OSError as error:
            raise EnrolmentFailed(url, error.strerror or str(error)) from error

    return post


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(MOST_ANSWER_BYTES))["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"it answers {error.code}"


def agent_toml(answer: EnrolAnswer, state: Path) -> str:
    """The agent's configuration file, as far as the territory knows it."""
    identity = identity_directory(state, answer.unit)
    text = json.dumps  # a TOML basic string is a JSON string without \\u surrogates
    return "\n".join(
        (
            "# Written by `softplace device enrol`; what the unit has of sensors is added below.",
            f"territory = {text(answer.territory)}",
            f"unit = {text(answer.unit)}",
            "",
            "[broker]",
            f"url = {text(answer.broker_url)}",
            f"ca = {text(os.fspath(identity / CA))}",
            f"cert = {text(os.fspath(identity / CERTIFICATE))}",
            f"key = {text(os.fspath(identity / TLS_KEY))}",
            "",
            "[identity]",
            f"directory = {text(os.fspath(identity))}",
            "",
            "[outbox]",
            f"path = {text(os.fspath(identity.parent / 'outbox.sqlite'))}",
            "",
        )
    )

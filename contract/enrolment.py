"""How a device asks for its identity and how it is answered, both proven by a one-time code.

Rules of this file: the code itself never travels. Its first four characters name the invitation;
what is said is authenticated with the hash of the whole code, in each direction with another key,
so that neither a listener nor a false server can do anything with what passes by.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from contract import quantities as q
from contract.errors import ContractError

PATH = "/api/device/enrol"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter that looks like another sign."""
NAME_CHARACTERS = 4
CODE_CHARACTERS = 20
"""Four name the invitation, sixteen are 80 secret bits."""
MAX_BYTES = 16_384
Direction = Literal["ask", "answer"]
_LOOKALIKES = str.maketrans("OIL", "011")
_Pem = Annotated[str, Meta(max_length=8_000)]
_KeyHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]


class EnrolmentRefused(ContractError, ValueError):
    """What came is not authentic or not readable."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"enrolment: {why}")


class EnrolRequest(Struct, kw_only=True, frozen=True):
    """What a device says of itself."""

    csr: _Pem
    """A certificate request, PEM, signed with the TLS key; its subject does not matter."""
    box_public: _KeyHex
    """Its X25519 public key."""
    machine_serial: q.ShortText


class EnrolAnswer(Struct, kw_only=True, frozen=True):
    """What makes the device one of the territory."""

    device: q.ShortText
    territory: q.Slug
    unit: q.ShortText
    certificate: _Pem
    authority: _Pem
    """The territory's authority and what stands above it, PEM."""
    signers: dict[q.ShortText, _KeyHex]
    broker_url: q.Sentence


class Envelope(Struct, kw_only=True, frozen=True):
    """A request or an answer on its way."""

    invitation: Annotated[str, Meta(pattern=r"^[0-9A-Z]{4}(?!\n)$")]
    body: Annotated[str, Meta(max_length=MAX_BYTES)]
    """Base64."""
    mac: _KeyHex


def tidy_code(text: str) -> str:
    """A code as it was meant, without dashes and lookalikes. Raises EnrolmentRefused."""
    code = "".join(c for c in text.upper() if c.isalnum()).translate(_LOOKALIKES)
    if len(code) != CODE_CHARACTERS or not set(code) <= set(ALPHABET):
        raise EnrolmentRefused(f"a code has {CODE_CHARACTERS} letters and digits; copy it whole")
    return code


def shown_code(code: str) -> str:
    """A code in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def key_of(code: str) -> bytes:
    """What the server keeps of a code, and what both sides authenticate with."""
    return hashlib.sha256(b"softplace-enrol-1\n" + code.encode()).digest()


def enclose(invitation: str, key: bytes, direction: Direction, body: bytes) -> bytes:
    """`body` in an envelope, as it goes over HTTP."""
    mac = _mac(invitation, key, direction, body)
    text = base64.b64encode(body).decode()
    return msgspec.json.encode(Envelope(invitation=invitation, body=text, mac=mac))


def read_envelope(payload: bytes) -> Envelope:
    """An envelope, not yet believed. Raises EnrolmentRefused."""
    try:
        return msgspec.json.decode(payload, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnrolmentRefused(f"unreadable ({error})") from error


def disclose(envelope: Envelope, key: bytes, direction: Direction) -> bytes:
    """The body, where it is authentic. Raises EnrolmentRefused."""
    try:
        body = base64.b64decode(envelope.body, validate=True)
    except binascii.Error as error:
        raise EnrolmentRefused(f"unreadable ({error})") from error
    if not hmac.compare_digest(_mac(envelope.invitation, key, direction, body), envelope.mac):
        raise EnrolmentRefused("the code is not the one that was given out")
    return body


def _mac(invitation: str, key: bytes, direction: Direction, body: bytes) -> str:
    return hmac.new(key, f"{direction} {invitation}\n".encode() + body, hashlib.sha256).hexdigest()

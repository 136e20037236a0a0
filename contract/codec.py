"""Messages to bytes and back; every refusal says which field and why."""

from __future__ import annotations

import msgspec

from contract.backend import AcceptedBatch
from contract.downlink import Sealed, Stored
from contract.errors import MalformedMessage, OversizedMessage
from contract.streams import BY_MESSAGE, BY_NAME, STREAMS
from contract.uplink import Hello, Key, StatusUplink, Uplink, Will

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises; the last one where brackets lie in brackets a thousand deep."""

_encoder = msgspec.json.Encoder()
_decoders = {
    stream.name: msgspec.json.Decoder(stream.message)
    for stream in STREAMS
    if stream.name != "status"
} | {"status": msgspec.json.Decoder(StatusUplink)}
_key_decoder = msgspec.json.Decoder(Key)
_stored_decoder = msgspec.json.Decoder(Stored)
_sealed_decoder = msgspec.json.Decoder(Sealed)
_accepted_decoder = msgspec.json.Decoder(AcceptedBatch)


def encode(message: msgspec.Struct) -> bytes:
    """JSON of any message of the contract."""
    return _encoder.encode(message)


def encode_uplink(message: Uplink) -> bytes:
    """JSON of a numbered message, checked as the receiver will check it.

    Raises MalformedMessage, so that a device learns of its own fault before it is on the wire.
    """
    payload = _encoder.encode(message)
    decode_uplink(BY_MESSAGE[type(message)].name, payload)
    return payload


def decode_uplink(stream: str, payload: bytes) -> Uplink | Hello | Will:
    """The message of `payload`; on the status stream also a `Hello` or a `Will`.

    Raises MalformedMessage (what and where) and OversizedMessage.
    """
    limit = BY_NAME[stream].max_bytes
    if len(payload) > limit:
        raise OversizedMessage(stream, len(payload), limit)
    try:
        message: Uplink | Hello | Will = _decoders[stream].decode(payload)
    except UNREADABLE as error:
        raise MalformedMessage(stream, str(error)) from error
    return message


def decode_key(payload: bytes) -> Key | None:
    """Outbox and number of a message that is refused, or None where even they are unreadable."""
    try:
        return _key_decoder.decode(payload)
    except UNREADABLE:
        return None


def decode_stored(payload: bytes) -> Stored:
    """A confirmation. Raises MalformedMessage."""
    try:
        return _stored_decoder.decode(payload)
    except UNREADABLE as error:
        raise MalformedMessage("stored", str(error)) from error


def decode_sealed(payload: bytes) -> Sealed:
    """A sealed frame, neither checked nor opened. Raises MalformedMessage."""
    try:
        return _sealed_decoder.decode(payload)
    except UNREADABLE as error:
        raise MalformedMessage("sealed", str(error)) from error


def decode_accepted(payload: bytes) -> AcceptedBatch:
    """What the ingest handed on. Raises MalformedMessage."""
    try:
        return _accepted_decoder.decode(payload)
    except UNREADABLE as error:
        raise MalformedMessage("accepted", str(error)) from error

"""Bodies checked when they are put, and put into their envelope when they are sent.

Rules of this file: pure. A body is encoded once; its envelope is spliced in front of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from contract.codec import decode_uplink
from contract.errors import MalformedMessage
from contract.quantities import ClockSource
from contract.streams import BY_NAME, STREAMS
from contract.uplink import Envelope

_ENVELOPE = {field.name for field in msgspec.structs.fields(Envelope)}
_FIELDS = {
    stream.name: {field.name for field in msgspec.structs.fields(stream.message)} - _ENVELOPE
    for stream in STREAMS
}
_TAGS: dict[str, dict[str, object]] = {"status": {"type": "status"}}
"""Status shares its topic with Hello and Will, and says which of them it is."""

_WIDEST = Envelope(
    outbox="f" * 16,
    seq=2**48 - 1,
    boot="ffffffff-ffffffff",
    observed_ms=4_102_444_800_000,
    clock="unset",
    replayed=True,
    boot_ms=2**53 - 1,
)
"""No envelope is longer, so a body that fits beside it always fits."""


def check_body(stream: str, body: Mapping[str, object]) -> bytes:
    """JSON of a body, checked as the receiver will check it.

    Raises MalformedMessage: unknown stream or field, a value out of range, too long.
    """
    if stream not in BY_NAME:
        raise MalformedMessage(stream, f"no such stream; there are {', '.join(BY_NAME)}")
    unknown = body.keys() - _FIELDS[stream]
    if unknown:
        raise MalformedMessage(stream, f"no such field `{min(unknown)}`")
    try:
        encoded = msgspec.json.encode({**_TAGS.get(stream, {}), **body})
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise MalformedMessage(stream, str(error)) from error
    envelope = msgspec.json.encode(_WIDEST)
    decode_uplink(stream, _joined(envelope[:-1], encoded))
    return encoded


def message_bytes(
    outbox: str,
    seq: int,
    boot: str,
    date: tuple[int, ClockSource],
    boot_ms: int,
    body: bytes,
    *,
    replayed: bool,
) -> bytes:
    """The message as it goes on the wire; `date` is UTC milliseconds and who vouches for them."""
    observed_ms, clock = date
    head = f'{{"outbox":"{outbox}","seq":{seq},"boot":"{boot}","observed_ms":{observed_ms}'
    head += f',"clock":"{clock}"'
    if replayed:
        head += ',"replayed":true'
    if clock == "unset":
        head += f',"boot_ms":{boot_ms}'
    return _joined(head.encode(), body)


def _joined(head: bytes, body: bytes) -> bytes:
    return head + b"}" if body == b"{}" else head + b"," + body[1:]

"""The commands a reader obeys, each a row: its code, the length of its data, what it does.

Rules of this file: data comes in clear and its length is right; a handler returns the reply's
code and data. Only what CAP announces is obeyed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.devices.osdp.state import ReaderState

ACK, NAK, PDID, PDCAP, LSTATR, ISTATR, OSTATR, RAW, COM = (
    0x40, 0x41, 0x45, 0x46, 0x48, 0x49, 0x4A, 0x50, 0x54,
)  # fmt: skip
NAK_CHECK, NAK_LENGTH, NAK_UNKNOWN, NAK_SEQUENCE, NAK_UNSUPPORTED_BLOCK, NAK_SECURITY = range(1, 7)
NAK_RECORD = 9
POLL, KEYSET, COMSET, CHALLENGE, CRYPTOGRAM = 0x60, 0x75, 0x6E, 0x76, 0x77

Reply = tuple[int, bytes]

CAPABILITIES = bytes(
    # (function, compliance, number): inputs, outputs, card data as bits, LED, buzzer, CRC,
    # AES-128 with the default key while installing, 1,440 bytes of buffer, one reader
    [1, 1, 1, 2, 2, 1, 3, 1, 0, 4, 1, 1, 5, 2, 1, 8, 1, 0, 9, 1, 1, 10, 0xA0, 0x05, 13, 0, 1]
)


class Row(NamedTuple):
    """`length` is the number of data bytes, or of each record where there may be several."""

    length: int
    several: bool
    in_clear: bool
    """Whether a reader that has a key of its own obeys without a secure channel."""
    obey: Callable[[ReaderState, bytes, float], Reply]


def refused(why: int) -> Reply:
    """A NAK and its reason."""
    return NAK, bytes([why])


def _poll(reader: ReaderState, _: bytes, now_s: float) -> Reply:
    if reader.told_in_clear:
        return ACK, b""
    return reader.next_report(now_s) or (ACK, b"")


def _identify(reader: ReaderState, _: bytes, __: float) -> Reply:
    return PDID, reader.identity


def _capabilities(_: ReaderState, __: bytes, ___: float) -> Reply:
    return PDCAP, CAPABILITIES


def _local(reader: ReaderState, _: bytes, __: float) -> Reply:
    return LSTATR, bytes([reader.tampered, 0])


def _inputs(reader: ReaderState, _: bytes, __: float) -> Reply:
    return ISTATR, bytes([reader.input_active])


def _outputs(reader: ReaderState, _: bytes, now_s: float) -> Reply:
    return OSTATR, bytes([reader.relay.active(now_s)])


def _switch(reader: ReaderState, data: bytes, now_s: float) -> Reply:
    number, code = data[0], data[1]
    seconds = int.from_bytes(data[2:4], "little") / 10
    obeyed = number == 0 and reader.relay.command(code, seconds, now_s)
    return (ACK, b"") if obeyed else refused(NAK_RECORD)


def _light(reader: ReaderState, data: bytes, now_s: float) -> Reply:
    obeyed = data[:2] == b"\0\0" and reader.led.command(data[2:], now_s)
    return (ACK, b"") if obeyed else refused(NAK_RECORD)


def _sound(reader: ReaderState, data: bytes, _: float) -> Reply:
    obeyed = data[0] == 0 and reader.buzzer.command(data[1:])
    return (ACK, b"") if obeyed else refused(NAK_RECORD)


def _communication(reader: ReaderState, data: bytes, _: float) -> Reply:
    if data[0] >= 0x7F:
        return refused(NAK_RECORD)
    reader.communication = (data[0], int.from_bytes(data[1:5], "little"))
    return COM, data


def _new_key(reader: ReaderState, data: bytes, _: float) -> Reply:
    if data[:2] != bytes([1, 16]):
        return refused(NAK_RECORD)
    reader.key, reader.installing = data[2:], False
    return ACK, b""


def _nothing(_: ReaderState, __: bytes, ___: float) -> Reply:
    return ACK, b""


COMMANDS: dict[int, Row] = {
    POLL: Row(0, several=False, in_clear=True, obey=_poll),
    0x61: Row(1, several=False, in_clear=True, obey=_identify),
    0x62: Row(1, several=False, in_clear=True, obey=_capabilities),
    0x64: Row(0, several=False, in_clear=True, obey=_local),
    0x65: Row(0, several=False, in_clear=False, obey=_inputs),
    0x66: Row(0, several=False, in_clear=False, obey=_outputs),
    0x68: Row(4, several=True, in_clear=False, obey=_switch),
    0x69: Row(14, several=True, in_clear=False, obey=_light),
    0x6A: Row(5, several=True, in_clear=False, obey=_sound),
    COMSET: Row(5, several=False, in_clear=False, obey=_communication),
    KEYSET: Row(18, several=False, in_clear=False, obey=_new_key),
    0x7B: Row(2, several=False, in_clear=True, obey=_nothing),
    0xA2: Row(0, several=False, in_clear=True, obey=_nothing),
    0xA7: Row(2, several=False, in_clear=True, obey=_nothing),
}


def obey(reader: ReaderState, code: int, data: bytes, now_s: float) -> Reply:
    """The reply to a command whose security has been seen to."""
    row = COMMANDS.get(code)
    if row is None:
        return refused(NAK_UNKNOWN)
    if not row.in_clear and reader.told_in_clear:
        return refused(NAK_SECURITY)
    if not row.several:
        return row.obey(reader, data, now_s) if len(data) == row.length else refused(NAK_LENGTH)
    if not data or len(data) % row.length:
        return refused(NAK_LENGTH)
    replies = [
        row.obey(reader, data[at : at + row.length], now_s)
        for at in range(0, len(data), row.length)
    ]
    return next((reply for reply in replies if reply[0] == NAK), replies[-1])

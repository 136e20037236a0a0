"""Frames of the PN532's host link (NXP UM0701-02 section 6.2.1), from the host's side.

Rules of this file: pure; bytes in any pieces in, events out. A frame counts as soon as its
checksum is here: the zero behind it says nothing and is not waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

ACK = bytes.fromhex("0000ff00ff00")
"""To the chip: give up the command under way."""
NACK = bytes.fromhex("0000ffff0000")
"""To the chip: say your last reply again."""
HOST, CHIP, ERROR = 0xD4, 0xD5, 0x7F
_START = b"\x00\xff"
LONGEST_NORMAL = 0xFF


class Signal(Enum):
    """What the chip says without data."""

    ACK = "ack"
    NOT_UNDERSTOOD = "not_understood"
    DAMAGED = "damaged"
    """Something that began like a frame and has a wrong checksum."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A sound answer; `code` is that of the command, one less than on the wire."""

    code: int
    data: bytes


Event: TypeAlias = Signal | Reply


def encode(code: int, data: bytes) -> bytes:
    """A command as a frame, extended where it is longer than 255 bytes."""
    body = bytes((HOST, code)) + data
    if len(body) <= LONGEST_NORMAL:
        head = bytes((len(body), -len(body) & 0xFF))
    else:
        size = len(body).to_bytes(2)
        head = b"\xff\xff" + size + bytes((-sum(size) & 0xFF,))
    return b"\x00" + _START + head + body + bytes((-sum(body) & 0xFF, 0))


class FrameReader:
    """Finds what the chip says, among junk."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """What `data` completes."""
        self._buffer += data
        events: list[Event] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def _next(self) -> Event | None:
        """The next event, or None where more bytes are needed."""
        while (at := self._buffer.find(_START)) >= 0:
            del self._buffer[:at]
            head = bytes(self._buffer[2:7])
            if head[:2] == b"\x00\xff":
                del self._buffer[:4]
                return Signal.ACK
            if len(head) < 2 or (head[:2] == b"\xff\xff" and len(head) < 5):
                return None
            begin, size = _extent(head)
            if size == 0:
                del self._buffer[:1]  # a false start
                continue
            end = begin + size + 1
            if len(self._buffer) < end:
                return None
            return self._taken(bytes(self._buffer[begin:end]), end)
        del self._buffer[:-1]  # the zero of a start may be here already
        return None

    def _taken(self, body: bytes, end: int) -> Event:
        if sum(body) & 0xFF:
            # Only the start goes: a true frame may have come while a false one was believed.
            del self._buffer[:2]
            return Signal.DAMAGED
        del self._buffer[:end]
        if body[0] == CHIP and len(body) > 2:
            return Reply((body[1] - 1) & 0xFF, body[2:-1])
        return Signal.NOT_UNDERSTOOD if body[0] == ERROR else Signal.DAMAGED


def _extent(head: bytes) -> tuple[int, int]:
    """Where the body begins and its size; 0 where the length contradicts its own checksum."""
    if head[:2] == b"\xff\xff":
        return 7, 0 if sum(head[2:5]) & 0xFF else int.from_bytes(head[2:4])
    return 4, 0 if sum(head[:2]) & 0xFF else head[0]

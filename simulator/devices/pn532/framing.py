"""Frames of the PN532's host link (NXP UM0701-02 section 6.2.1), from the chip's side.

Rules of this file: pure; bytes in any pieces in, frames out, each with the count of bytes after
which it was complete, so that a paced line can tell when that was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
ERROR = bytes.fromhex("0000ff01ff7f8100")
"""What the chip says to a command it does not know."""
HOST = 0xD4
CHIP = 0xD5
START = b"\x00\xff"
LONGEST_NORMAL = 0xFF
LONGEST = 265
"""The chip takes no longer body (UM0701-02 section 6.2.1.2); a longer length is noise."""


class Kind(Enum):
    """What a frame is."""

    DATA = "data"
    ACK = "ack"
    NACK = "nack"


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole and sound frame; `body` is TFI and data."""

    kind: Kind
    body: bytes
    ended: int
    """Bytes taken by the reader of frames since it was made, this frame included."""


def checksum(data: bytes) -> int:
    """The byte that makes the sum of `data` and itself 0 modulo 256."""
    return -sum(data) & 0xFF


def encode(body: bytes) -> bytes:
    """TFI and data as a frame, extended where it is longer than 255 bytes."""
    if len(body) <= LONGEST_NORMAL:
        head = bytes((len(body), checksum(bytes((len(body),)))))
    else:
        size = len(body).to_bytes(2, "big")
        head = b"\xff\xff" + size + bytes((checksum(size),))
    return b"\x00" + START + head + body + bytes((checksum(body), 0x00))


class FrameReader:
    """Finds frames among wake-up bytes and junk; what is broken is passed over in silence."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.taken = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        while (at := self._buffer.find(START)) >= 0:
            self._drop(at)
            shape = self._shape()
            if shape is None:
                return None
            kind, begin, size = shape
            end = begin + size + (2 if kind is Kind.DATA else 1)
            if size < 0:
                self._drop(1)
                continue
            if len(self._buffer) < end:
                return None
            if kind is Kind.DATA and sum(self._buffer[begin : end - 1]) & 0xFF:
                self._drop(1)
                continue
            body = bytes(self._buffer[begin : begin + size])
            self._drop(end)
            return Frame(kind, body, self.taken)
        self._drop(max(len(self._buffer) - 1, 0))
        return None

    def _shape(self) -> tuple[Kind, int, int] | None:
        """Kind, where the body begins and its size (-1 where the length is broken); or wait."""
        head = self._buffer[2:7]
        if len(head) < 2:
            return None
        if head[:2] == b"\x00\xff":
            return Kind.ACK, 4, 0
        if head[:2] == b"\xff\x00":
            return Kind.NACK, 4, 0
        if head[:2] != b"\xff\xff":
            return Kind.DATA, 4, head[0] if head[0] and not sum(head[:2]) & 0xFF else -1
        if len(head) < 5:
            return None
        size = int.from_bytes(head[2:4], "big")
        is_sound = size <= LONGEST and not sum(head[2:5]) & 0xFF
        return Kind.DATA, 7, size if is_sound else -1

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self.taken += count

"""OSDP frames out of a stream of bytes, whole and with a right check.

Rules of this file: no I/O. libosdp 3.2.9 loses a reply that reaches it in two pieces, as it does
on any real wire; so it is given whole frames, and nothing else.
"""

from __future__ import annotations

START = 0x53
HEADER_BYTES = 5
LEAST_BYTES = 7
MOST_BYTES = 1_440
WITH_CRC = 0x04

POLL = 0x60


def poll_frame(address: int) -> bytes:
    """The question to which every reader answers, outside of any secure channel."""
    head = bytes([START, address]) + (LEAST_BYTES + 1).to_bytes(2, "little")
    frame = bytearray(head + bytes([WITH_CRC, POLL]))
    return bytes(frame) + _crc(frame).to_bytes(2, "little")


class WholeFrames:
    """Collects; `noise` counts bytes that belong to no sound frame."""

    def __init__(self) -> None:
        self.noise = 0
        self._waiting = bytearray()
        self._whole = bytearray()

    def feed(self, data: bytes) -> None:
        """These bytes have arrived."""
        self._waiting += data
        while (begin := self._waiting.find(START)) >= 0:
            self._drop(begin)
            if len(self._waiting) < HEADER_BYTES:
                return
            length = int.from_bytes(self._waiting[2:4], "little")
            if not LEAST_BYTES <= length <= MOST_BYTES:
                self._drop(1)
            elif len(self._waiting) < length:
                return
            elif _sound(self._waiting[:length]):
                self._whole += self._waiting[:length]
                del self._waiting[:length]
            else:
                self._drop(1)
        self._drop(len(self._waiting))

    def take(self, most: int) -> bytes:
        """Bytes of whole frames, at most so many."""
        taken = bytes(self._whole[:most])
        del self._whole[:most]
        return taken

    def forget(self) -> None:
        """A new question is asked: what began and did not end never will."""
        self._drop(len(self._waiting))
        self._whole.clear()

    def _drop(self, number: int) -> None:
        self.noise += number
        del self._waiting[:number]


def _sound(frame: bytearray) -> bool:
    if frame[4] & WITH_CRC:
        return _crc(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    return sum(frame) & 0xFF == 0


def _crc(data: bytearray) -> int:
    """CRC-16 with polynomial 1021, begun with 1D0F (IEC 60839-11-5)."""
    value = 0x1D0F
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value

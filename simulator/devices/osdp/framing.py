"""OSDP frames: bytes to commands, replies to bytes.

Rules of this file: no I/O. A frame is `53 address length length control [block] code data check`
(SIA OSDP 2.2, IEC 60839-11-5), all numbers little-endian, `FF` before it allowed. What fails its
check is not for us to answer: on a bus of several readers nobody knows whom it was meant for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MARK = 0xFF
START = 0x53
HEADER_BYTES = 5
REPLY = 0x80
BROADCAST = 0x7F
SEQUENCE = 0x03
WITH_CRC = 0x04
WITH_BLOCK = 0x08
MOST_BYTES = 1_440


@dataclass(frozen=True, slots=True)
class Frame:
    """One sound frame. `block` is the security block without its length byte, or empty."""

    address: int
    control: int
    block: bytes
    code: int
    data: bytes
    signed: bytes
    """Everything before the MAC, as a secure channel signs it; whole where there is none."""
    mac: bytes

    @property
    def sequence(self) -> int:
        """1 to 3 in turn; 0 begins anew."""
        return self.control & SEQUENCE


def crc(data: bytes) -> bytes:
    """CRC-16 (polynomial 1021, begun with 1D0F), low byte first."""
    value = 0x1D0F
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value.to_bytes(2, "little")


def checksum(data: bytes) -> bytes:
    """What makes the sum of all bytes 0 modulo 256."""
    return bytes([-sum(data) & 0xFF])


def frame_head(address: int, control: int, block: bytes, payload_bytes: int) -> bytes:
    """The header and security block of a frame whose code, data and MAC take `payload_bytes`."""
    whole_block = bytes([len(block) + 1]) + block if block else b""
    control = (control & ~WITH_BLOCK) | (WITH_BLOCK if block else 0)
    check_bytes = 2 if control & WITH_CRC else 1
    length = HEADER_BYTES + len(whole_block) + payload_bytes + check_bytes
    return bytes([START, address]) + length.to_bytes(2, "little") + bytes([control]) + whole_block


def checked(frame: bytes) -> bytes:
    """`frame` with the check its control byte announces."""
    return frame + (crc(frame) if frame[4] & WITH_CRC else checksum(frame))


class FrameReader:
    """Cuts a stream of bytes into sound frames; `noise` counts the bytes that were none."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.noise = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now."""
        self._waiting += data
        while (begin := self._waiting.find(START)) >= 0:
            self._drop(begin)
            if len(self._waiting) < HEADER_BYTES:
                return
            length = int.from_bytes(self._waiting[2:4], "little")
            if not HEADER_BYTES + 2 <= length <= MOST_BYTES:
                self._drop(1)
                continue
            if len(self._waiting) < length:
                return
            frame = parsed(bytes(self._waiting[:length]))
            if frame is None:
                self._drop(1)
                continue
            del self._waiting[:length]
            yield frame
        self._drop(len(self._waiting))

    def pause(self) -> None:
        """The line was quiet: what began and did not end never will."""
        self._drop(len(self._waiting))

    def _drop(self, number: int) -> None:
        self.noise += sum(byte != MARK for byte in self._waiting[:number])
        del self._waiting[:number]


def parsed(frame: bytes) -> Frame | None:
    """The parts of a frame; None where its check or its lengths are wrong."""
    check_bytes = 2 if frame[4] & WITH_CRC else 1
    if checked(frame[:-check_bytes]) != frame:
        return None
    inside, block, mac = frame[HEADER_BYTES:-check_bytes], b"", b""
    signed = frame[:-check_bytes]
    if frame[4] & WITH_BLOCK:
        size = inside[0] if inside else 0
        if not 2 <= size < len(inside):
            return None
        block, inside = inside[1:size], inside[size:]
        if block[0] in SIGNED_BLOCKS:
            if len(inside) < 5:
                return None
            signed, inside, mac = signed[:-4], inside[:-4], inside[-4:]
    if not inside:
        return None
    return Frame(frame[1], frame[4], block, inside[0], inside[1:], signed, mac)


SIGNED_BLOCKS = frozenset({0x15, 0x16, 0x17, 0x18})

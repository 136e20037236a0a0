"""What an LD2450 radar says: up to three bodies, where and how fast, without a checksum.

    AA FF 03 00 | three targets of 8 bytes | 55 CC

A target is x (mm, to the side), y (mm, away), speed (cm/s) and distance resolution (mm), 16 bits
little endian each; the first three carry their sign in bit 15, set for positive. Eight zero bytes
are no target. From the maker's protocol V1.03.

Rules of this file: pure.
"""

from __future__ import annotations

from typing import NamedTuple

HEAD = bytes.fromhex("aaff0300")
TAIL = bytes.fromhex("55cc")
TARGETS = 3
TARGET_BYTES = 8
MOST_MM = 8_000
"""The radar reaches 6 m and 60 degrees to each side; more is noise."""
MOST_CM_S = 1_000
MOST_RESOLUTION_MM = 1_000
_WHOLE = len(HEAD) + TARGETS * TARGET_BYTES + len(TAIL)
_POSITIVE = 0x8000


class Target(NamedTuple):
    """A body that moves or has just moved."""

    x_mm: int
    y_mm: int
    speed_cm_s: int


class Sighting(NamedTuple):
    """Ten times a second: the bodies in sight."""

    targets: tuple[Target, ...]

    @property
    def persons(self) -> int:
        """How many bodies are in sight, three at most."""
        return len(self.targets)


class TargetFramer:
    """Bytes to sightings. `rejected` counts frames that were none, `skipped` bytes of no frame."""

    def __init__(self) -> None:
        self.rejected = 0
        self.skipped = 0
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[Sighting]:
        """The sightings that are complete with `data`."""
        self._waiting += data
        found: list[Sighting] = []
        while (start := self._waiting.find(HEAD)) >= 0:
            self._skip(start)
            if len(self._waiting) < _WHOLE:
                return found
            sighting = _sighting(bytes(self._waiting[:_WHOLE]))
            if sighting is None:
                # The head was none: what follows it may hold a real one.
                self.rejected += 1
                self._skip(len(HEAD))
            else:
                found.append(sighting)
                del self._waiting[:_WHOLE]
        self._skip(max(len(self._waiting) - len(HEAD) + 1, 0))
        return found

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._waiting[:count]


def _sighting(frame: bytes) -> Sighting | None:
    if not frame.endswith(TAIL):
        return None
    targets = []
    for number in range(TARGETS):
        start = len(HEAD) + number * TARGET_BYTES
        told = frame[start : start + TARGET_BYTES]
        if not any(told):
            continue
        x, y, speed, resolution = (
            int.from_bytes(told[at : at + 2], "little") for at in range(0, TARGET_BYTES, 2)
        )
        target = Target(_signed(x), _signed(y), _signed(speed))
        if not _can_be(target) or resolution > MOST_RESOLUTION_MM:
            return None
        targets.append(target)
    return Sighting(tuple(targets))


def _signed(told: int) -> int:
    return told - _POSITIVE if told & _POSITIVE else -told


def _can_be(target: Target) -> bool:
    return (
        abs(target.x_mm) <= MOST_MM
        and 0 <= target.y_mm <= MOST_MM
        and abs(target.speed_cm_s) <= MOST_CM_S
    )


def render(sighting: Sighting, resolution_mm: int = 320) -> bytes:
    """The sighting as the radar sends it."""
    body = b""
    for target in sighting.targets:
        values = [value + _POSITIVE if value >= 0 else -value for value in target]
        body += b"".join(value.to_bytes(2, "little") for value in (*values, resolution_mm))
    return HEAD + body.ljust(TARGETS * TARGET_BYTES, b"\0") + TAIL

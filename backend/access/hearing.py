"""What a device says of the rights it holds.

Rules of this file: pure. Only the device's own word counts, by time of measurement. A word
without a trusted clock may raise what is believed, never lower it.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.access.model import Door
from contract.uplink import Ack, Envelope, Health

ASK = "gap"
REPEAT_AFTER_MS = 60_000
"""A device that holds an older version so long after the newest was sent gets the whole again."""

OFFER_AFTER_MS = 3_600_000
"""One that says it has none may be one that takes none."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One word of a device about its rights."""

    unit: str
    observed_ms: int
    is_dated: bool
    version: int | None = None
    """What it says it holds."""
    asks: bool = False
    """It wants a whole snapshot, now."""
    refusal: str | None = None


def heard(unit: str, message: Envelope) -> Heard | None:
    """What `message` of a unit with a door says about rights; None where it says nothing.

    A health message that names no rights is one of a device that has none.
    """
    dated = message.clock != "unset"
    if isinstance(message, Health):
        return Heard(unit, message.observed_ms, dated, message.rights_version or 0)
    if not isinstance(message, Ack) or message.subject != "rights":
        return None
    version = int(message.reference) if message.reference.isdecimal() else None
    if message.answer == "accepted":
        return Heard(unit, message.observed_ms, dated, version)
    if message.reason == ASK:
        return Heard(unit, message.observed_ms, dated, version, asks=True)
    if message.answer not in {"refused", "failed"}:
        return None
    return Heard(unit, message.observed_ms, dated, refusal=message.reason or message.answer)


def held_after(door: Door, word: Heard) -> tuple[int, int]:
    """Version and time of measurement that are believed after `word`."""
    if word.version is None:
        return door.held_version, door.held_ms
    # What was never given cannot be held; a number out of the air must not hide what lingers.
    version = min(word.version, door.version)
    if not word.is_dated:
        return max(version, door.held_version), door.held_ms
    if word.observed_ms < door.held_ms:
        return door.held_version, door.held_ms
    return version, word.observed_ms


def wants_whole(door: Door, word: Heard, sent_ms: int, now_ms: int) -> bool:
    """Whether the device should be sent a snapshot; `sent_ms` is when it was last sent anything."""
    if door.snapshot is None or door.retired_ms is not None:
        return word.asks
    if word.asks:
        return True
    if word.version is None or word.version >= door.version:
        return False
    return now_ms >= sent_ms + (REPEAT_AFTER_MS if word.version else OFFER_AFTER_MS)

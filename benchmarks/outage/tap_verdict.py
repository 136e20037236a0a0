"""What a door wrote down and did against what the store holds: the judgement, and nothing else.

Rules of this file: pure; it reads no file, asks no server and imports nothing of SoftPlace.

A tap in the journal is stored exactly once, whatever outbox and however many lives brought it.
The lock opened only after a granted tap was written down, and closed a pulse after the last one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

OPENS_WITHIN_MS = 3_000
"""From the entry's time to the relay: the card's own time, a sync, a busy core."""


class TapKey(NamedTuple):
    """The identity of a tap: its journal and its number in it."""

    journal: str
    entry: int


class JournalledTap(NamedTuple):
    """One tap as the door wrote it down."""

    key: TapKey
    decision: str
    reason: str
    boot_ms: int


class StoredTap(NamedTuple):
    """One point of the store, by a raw query."""

    key: TapKey
    decision: str
    reason: str


class Opening(NamedTuple):
    """The relay's wire was active over this time, in milliseconds since the machine booted."""

    start_ms: float
    end_ms: float


@dataclass(slots=True)
class DoorVerdict:
    """What became of one door's taps; empty lists are what is wanted."""

    unit: str
    taps: int = 0
    stored: int = 0
    openings: int = 0
    lost: list[TapKey] = field(default_factory=list)
    doubled: list[TapKey] = field(default_factory=list)
    invented: list[TapKey] = field(default_factory=list)
    wrong: list[tuple[JournalledTap, StoredTap]] = field(default_factory=list)
    unrecorded: list[float] = field(default_factory=list)
    """Openings (ms) for which no granted tap was written down before."""
    too_long: list[float] = field(default_factory=list)
    """How long (ms) after the last granted tap an opening ended that lasted too long."""
    missing_numbers: list[tuple[str, str, int, int]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or opened without being written down."""
        faults = (self.lost, self.doubled, self.invented, self.wrong, self.missing_numbers)
        return not any(faults) and not self.unrecorded and not self.too_long


def judge_door(
    unit: str,
    journal: Sequence[JournalledTap],
    points: Iterable[StoredTap],
    openings: Sequence[Opening],
    longest_ms: float,
) -> DoorVerdict:
    """Compare one door's journal with its points and with what its lock did."""
    verdict = DoorVerdict(unit, taps=len(journal), openings=len(openings))
    written = {tap.key: tap for tap in journal}
    found: Counter[TapKey] = Counter()
    for point in points:
        tap = written.get(point.key)
        found[point.key] += 1
        if tap is None:
            verdict.invented.append(point.key)
        elif (tap.decision, tap.reason) != (point.decision, point.reason):
            verdict.wrong.append((tap, point))
    verdict.stored = len(found.keys() & written.keys())
    verdict.lost = sorted(written.keys() - found.keys())
    verdict.doubled = sorted(key for key, count in found.items() if count > 1)
    granted = sorted(tap.boot_ms for tap in journal if tap.decision == "granted")
    for opening in openings:
        if not any(0 <= opening.start_ms - at_ms <= OPENS_WITHIN_MS for at_ms in granted):
            verdict.unrecorded.append(opening.start_ms)
        last_ms = max((at_ms for at_ms in granted if at_ms <= opening.end_ms), default=0.0)
        if opening.end_ms - last_ms > longest_ms:
            verdict.too_long.append(opening.end_ms - last_ms)
    return verdict

"""What the receivers wrote against what the store holds: the judgement, and nothing else.

Rules of this file: pure; it reads no file, asks no server and imports nothing of SoftPlace.

A fix may be missing from the store for one reason only: it never had a number, because the
agent was dead or died before the batch was synced. That is proved from outside: the fix was
journalled between the batch second before a death of that agent and the moment its next life
held the port open. Every number that was given must be there: per outbox and stream the stored
numbers run from 1 without a hole, but for ranges the agent itself named as lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

POSITION_TOLERANCE_DEG = 1e-6
READ_AND_QUEUED_MS = 400
"""From the journal to the agent's open batch: bytes on the pty, a thread switch, a busy core."""
PORT_OPENING_MS = 400
"""A port that has just been opened is flushed, and begins in the middle of a burst."""


class JournalledFix(NamedTuple):
    """One fix as the receiver wrote it down before it sent it."""

    observed_ms: int
    latitude: float
    longitude: float
    written_ms: int
    """Wall clock of this machine when it was written down."""


class StoredFix(NamedTuple):
    """One point of the store, by a raw query."""

    time_ns: int
    latitude: float
    longitude: float
    outbox: str
    seq: int
    boot: str


class Silence(NamedTuple):
    """A time when the agent may not have numbered what it was sent."""

    died_ms: int
    listening_ms: int
    """When the next life held the port open."""


@dataclass(slots=True)
class UnitVerdict:
    """What became of one unit's fixes; empty lists are what is wanted."""

    unit: str
    journalled: int = 0
    stored: int = 0
    never_numbered: int = 0
    dropped: int = 0
    """Missing, and the agent named the numbers they had."""
    lost: list[int] = field(default_factory=list)
    """Times (ms) of fixes that are missing without an excuse."""
    doubled: list[int] = field(default_factory=list)
    """Times (ms) of fixes that are stored under two keys."""
    invented: list[int] = field(default_factory=list)
    """Times (ns) of points that no receiver wrote."""
    wrong: list[int] = field(default_factory=list)
    """Times (ms) of fixes whose position changed on the way."""
    missing_numbers: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Holes (outbox, stream, start, end) that no report explains."""
    disordered: list[int] = field(default_factory=list)
    """Times (ms) of fixes whose number is out of order with their neighbours of one run."""

    @property
    def sound(self) -> bool:
        """Whether every fix is stored exactly once or never had a number."""
        return not (
            self.lost
            or self.doubled
            or self.invented
            or self.wrong
            or self.missing_numbers
            or self.disordered
        )


def judge(
    unit: str,
    journal: Sequence[JournalledFix],
    points: Iterable[StoredFix],
    silences: Sequence[Silence],
    batch_ms: int,
    named: Mapping[str, Iterable[tuple[int, int]]] | None = None,
) -> UnitVerdict:
    """Compare one unit's journal with its points.

    `silences` are its agent's deaths; `named` gives per outbox the ranges [start, end) of
    position numbers that the agent reported as lost.
    """
    verdict = UnitVerdict(unit, journalled=len(journal))
    wanted = {fix.observed_ms: fix for fix in journal}
    found: dict[int, StoredFix] = {}
    for point in points:
        fix = wanted.get(point.time_ns // 1_000_000)
        if fix is None:
            verdict.invented.append(point.time_ns)
        elif fix.observed_ms in found:
            verdict.doubled.append(fix.observed_ms)
        else:
            found[fix.observed_ms] = point
            if _differs(fix, point):
                verdict.wrong.append(fix.observed_ms)
    verdict.stored = len(found)
    dropped = _dropped(journal, found, named or {})
    for fix in journal:
        if fix.observed_ms in found:
            continue
        if any(_excuses(silence, fix.written_ms, batch_ms) for silence in silences):
            verdict.never_numbered += 1
        elif fix.observed_ms in dropped:
            verdict.dropped += 1
        else:
            verdict.lost.append(fix.observed_ms)
    verdict.disordered = _disordered(journal, found)
    return verdict


def _differs(fix: JournalledFix, point: StoredFix) -> bool:
    return (
        abs(fix.latitude - point.latitude) > POSITION_TOLERANCE_DEG
        or abs(fix.longitude - point.longitude) > POSITION_TOLERANCE_DEG
        or point.time_ns % 1_000_000 != point.seq % 1_000_000
    )


def _excuses(silence: Silence, written_ms: int, batch_ms: int) -> bool:
    start = silence.died_ms - batch_ms - READ_AND_QUEUED_MS
    return start <= written_ms <= silence.listening_ms + PORT_OPENING_MS


def _dropped(
    journal: Sequence[JournalledFix],
    found: Mapping[int, StoredFix],
    named: Mapping[str, Iterable[tuple[int, int]]],
) -> set[int]:
    """Missing fixes between two stored ones that are covered by as many named numbers.

    Numbers rise with time, so numbers named between those of two stored neighbours can only
    have been those of the fixes between them.
    """
    excused: set[int] = set()
    missing: list[int] = []
    before: StoredFix | None = None
    for fix in journal:
        point = found.get(fix.observed_ms)
        if point is None:
            missing.append(fix.observed_ms)
            continue
        low = before.seq if before is not None and before.outbox == point.outbox else 0
        count = sum(
            max(0, min(end, point.seq) - max(start, low + 1))
            for start, end in named.get(point.outbox, ())
        )
        excused.update(missing[len(missing) - min(count, len(missing)) :])
        missing, before = [], point
    return excused


def _disordered(journal: Sequence[JournalledFix], found: Mapping[int, StoredFix]) -> list[int]:
    """Within one run of the agent and one outbox, numbers rise with the order of the journal."""
    highest: dict[tuple[str, str], int] = defaultdict(int)
    wrong = []
    for fix in journal:
        point = found.get(fix.observed_ms)
        if point is None:
            continue
        run = (point.boot, point.outbox)
        if point.seq <= highest[run]:
            wrong.append(fix.observed_ms)
        highest[run] = max(highest[run], point.seq)
    return wrong


def missing_numbers(
    stored: Mapping[tuple[str, str], Iterable[int]],
    explained: Mapping[tuple[str, str], Iterable[tuple[int, int]]],
) -> list[tuple[str, str, int, int]]:
    """Holes [start, end) below the highest stored number of each (outbox, stream)."""
    holes = []
    for key, numbers in stored.items():
        expected = 1
        known = set(numbers)
        for start, end in explained.get(key, ()):
            known.update(range(start, end))
        for number in sorted(known):
            if number > expected:
                holes.append((*key, expected, number))
            expected = number + 1
    return holes

"""How many people are inside, from everything that tells: the fusion, without I/O.

Rules of this file: pure; times are of the boot clock. Ways of counting that everybody passes
bound the truth from both sides, others and presence sensors from below; wifi stations move the
best guess within the bounds and never the bounds. Persons are never negative; more than the
capacity is said to be so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from edge.counting.drift import DriftBook
from edge.counting.events import Event, Passed, Seen, Unclear
from edge.counting.timeline import Timeline
from edge.counting.tracker import Tracker, TrackerState, Way

ZeroReason = Literal["night", "empty", "depot", "by_hand"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The truth lies within `error_persons` of `persons`."""

    persons: int
    error_persons: int
    over_capacity: bool


@dataclass(frozen=True, slots=True)
class Zero:
    """What a re-zeroing took away: the count that stood, where nobody was."""

    reason: ZeroReason
    drift_persons: int
    passages: int


class EstimateState(Struct, frozen=True):
    """All an estimator knows, for a file."""

    trackers: dict[str, TrackerState] = {}
    drifts: dict[str, tuple[tuple[int, int], ...]] = {}


class Estimator:
    """The persons in one room or vehicle. The first of `ways` gives the best guess.

    `entered` and `left` count the passages of that way since the program started.

    Args:
        ways: of counting, by name.
        capacity: persons who may be inside.
        persons_per_station: of the wifi, as experience has it; 0 ignores stations.
        state: of the last run.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        capacity: int,
        persons_per_station: float = 0.0,
        state: EstimateState | None = None,
    ) -> None:
        told = state or EstimateState()
        self._capacity = capacity
        self._persons_per_station = persons_per_station
        self._stations: int | None = None
        self._present = 0
        self.entered = 0
        self.left = 0
        self._timeline = Timeline()
        self._zeroed_ms = 0
        self._drifts = {
            way.name: DriftBook(way.error_share, way.slack_persons, told.drifts.get(way.name, ()))
            for way in ways
        }
        self._trackers = [
            Tracker(way, self._drifts[way.name].share(), told.trackers.get(way.name))
            for way in ways
        ]

    def take(self, event: Event) -> bool:
        """Whether the event was news: not told before and not older than the last zero."""
        if event.at_ms < self._zeroed_ms or not self._timeline.is_new(event):
            return False
        if self._timeline.is_late(event):
            self._take_late(event)
        else:
            for settled in self._timeline.add(event):
                _apply(self._trackers, settled)
        if isinstance(event, Passed) and event.way == self._first:
            self.entered += event.direction == "in"
            self.left += event.direction == "out"
        return True

    def presence(self, persons: int, now_ms: int) -> None:
        """A sensor sees so many inside at least; 0: none, which proves nothing.

        Only its beginning to see is certain: a sensor goes on for a while after the last one left.
        """
        if persons > self._present:
            self.take(Seen(now_ms, "presence", persons))
        self._present = persons

    def stations(self, count: int | None) -> None:
        """Devices on the wifi now; None where nobody counts them."""
        self._stations = count

    def lost_sight(self, persons: float | None) -> None:
        """So many may have come or gone uncounted; None: any number (the power was off)."""
        for tracker in self._trackers:
            tracker.widen(self._capacity if persons is None else persons)

    def estimate(self) -> Estimate:
        """As of all events heard."""
        trackers = self._as_of_now()
        low, high = self._bounds(trackers)
        guess = self._guess(trackers, low, high)
        persons = min(max(round(guess), low), high)
        error_persons = max(high - persons, persons - low)
        return Estimate(persons, error_persons, over_capacity=persons > self._capacity)

    def rezero(self, reason: ZeroReason, now_ms: int, *, learns: bool = True) -> Zero:
        """Nobody is inside: start anew, and learn from how wrong the count was.

        `learns` is False where passages are missing from the count, so that it says nothing.
        """
        trackers = self._as_of_now()
        for tracker in trackers:
            if tracker.way.covers_all and learns:
                self._drifts[tracker.way.name].add(tracker.net, tracker.passages)
        first = trackers[0] if trackers else None
        self._timeline.settle(now_ms)
        self._zeroed_ms = now_ms
        self._trackers = [
            Tracker(tracker.way, self._drifts[tracker.way.name].share()) for tracker in trackers
        ]
        return Zero(reason, first.net if first else 0, first.passages if first else 0)

    def is_fresh(self) -> bool:
        """Whether nothing was counted since the last zero: another one would change nothing."""
        return all(tracker.is_fresh() for tracker in self._as_of_now())

    def state(self) -> EstimateState:
        """To be kept over a restart."""
        return EstimateState(
            {tracker.way.name: tracker.state() for tracker in self._as_of_now()},
            {name: book.entries() for name, book in self._drifts.items()},
        )

    def shares(self) -> dict[str, float]:
        """By which share of its passages each way's bound grows."""
        return {name: book.share() for name, book in self._drifts.items()}

    @property
    def _first(self) -> str | None:
        return self._trackers[0].way.name if self._trackers else None

    def _as_of_now(self) -> list[Tracker]:
        trackers = [tracker.copy() for tracker in self._trackers]
        for event in self._timeline.waiting():
            _apply(trackers, event)
        return trackers

    def _take_late(self, event: Event) -> None:
        """Its count is as good as any, its order is lost: one person more of doubt."""
        if isinstance(event, Seen):
            return
        _apply(self._trackers, event)
        for tracker in self._trackers:
            if tracker.way.name == event.way:
                tracker.widen(1)

    def _bounds(self, trackers: list[Tracker]) -> tuple[int, int]:
        found = [(tracker.way.covers_all, *tracker.bounds()) for tracker in trackers]
        lows = [low for _covers, low, _high in found]
        highs = [high for covers, _low, high in found if covers]
        low = max(lows, default=0)
        if not highs:
            low = max(low, self._present)
            return low, max(low, self._capacity)
        high = min(highs)
        return min(low, high), max(low, high)

    def _guess(self, trackers: list[Tracker], low: int, high: int) -> float:
        """The count of the first way, drawn towards the wifi's the more the less is known.

        A station count is taken to be right within half of itself, the count within its bounds.
        """
        counted = [tracker.net for tracker in trackers if tracker.way.covers_all]
        from_wifi = self._from_wifi()
        if not counted:
            return float(low) if from_wifi is None else from_wifi
        guess = float(min(max(counted[0], low), high))
        if from_wifi is None:
            return guess
        doubt = float(high - low)
        weight = doubt / (doubt + max(from_wifi, 2.0)) if doubt else 0.0
        return guess + weight * (from_wifi - guess)

    def _from_wifi(self) -> float | None:
        if self._stations is None or not self._persons_per_station:
            return None
        return self._stations * self._persons_per_station


def _apply(trackers: list[Tracker], event: Event) -> None:
    for tracker in trackers:
        match event:
            case Seen(persons=persons):
                if tracker.way.covers_all:
                    tracker.at_least(persons)
            case Passed(way=tracker.way.name, direction=direction):
                tracker.count(direction)
            case Unclear(way=tracker.way.name):
                tracker.widen(1)

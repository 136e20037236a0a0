"""Two months of a real door: what is counted drifts, what is published does not keep it."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.counting.estimate import Estimator, Zero
from edge.counting.events import Passed
from edge.counting.tracker import Way
from edge.counting.zeroing import service_day

RECORDING = Path(__file__).parents[3] / "shared" / "data" / "occupancy" / "calit2_door_counts.csv"
NIGHT_HOUR = 4


@dataclass
class Night:
    zero: Zero
    error_before: int
    persons_before: int
    persons_after: int


def replayed() -> tuple[list[Night], int, int]:
    """Each night's zero, the most persons ever published, and the drift of the bare counters."""
    if not RECORDING.is_file():
        pytest.skip(f"{RECORDING} is not on this machine")
    with RECORDING.open(encoding="utf-8") as opened:
        rows = [
            (datetime.fromisoformat(at), int(entered), int(left))
            for at, entered, left in itertools.islice(csv.reader(opened), 1, None)
        ]
    estimator = Estimator([Way("beams", 0.15)], 200)
    nights, most, net, day = [], 0, 0, service_day(rows[0][0], NIGHT_HOUR)
    for at, entered, left in rows:
        start_ms = int((at - rows[0][0]) / timedelta(milliseconds=1))
        if service_day(at, NIGHT_HOUR) > day:
            day = service_day(at, NIGHT_HOUR)
            before = estimator.estimate()
            zero = estimator.rezero("night", start_ms)
            after = estimator.estimate()
            nights.append(Night(zero, before.error_persons, before.persons, after.persons))
        for event in spread(start_ms, entered, left):
            estimator.take(event)
            estimate = estimator.estimate()
            assert estimate.persons >= 0
            most = max(most, estimate.persons)
        net += entered - left
    return nights, most, net


def spread(start_ms: int, entered: int, left: int) -> list[Passed]:
    """The half hour's passages evenly over it; in before out where they meet."""
    events = []
    for direction, count in (("in", entered), ("out", left)):
        for number in range(count):
            at_ms = start_ms + 1_800_000 * (2 * number + 1) // (2 * count)
            events.append(Passed(at_ms, "beams", "main", direction))
    return sorted(events)


def test_no_night_keeps_the_drift_and_the_bound_covered_it_each_night():
    nights, most, net = replayed()
    assert net == 496, "the bare sum says that hundreds never went home"
    assert len(nights) == 52
    assert all(night.persons_after == 0 for night in nights)
    assert all(night.persons_before <= night.error_before for night in nights), "truth: nobody"
    assert max(abs(night.zero.drift_persons) for night in nights) == 60
    assert most == 109
    errors = sorted(night.error_before for night in nights)
    kept = sorted(night.persons_before for night in nights)
    assert (errors[26], errors[-1]) == (65, 118)
    assert (kept[26], kept[-1]) == (10, 60)

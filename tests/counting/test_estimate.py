"""The bound holds the truth, whatever order events come in, and nobody is ever negative."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.counting.estimate import Estimator
from edge.counting.events import Passed, Seen, Unclear
from edge.counting.tracker import Way

SHARE, SLACK = 0.1, 2
BEAMS = Way("beams", SHARE, SLACK)
TAPS = Way("taps", 0.2, SLACK, covers_all=False)


def passed(at_ms: int, direction: str, way: str = "beams", source: str = "door") -> Passed:
    return Passed(at_ms, way, source, "in" if direction == "in" else "out")


def within(truth: int, estimator: Estimator) -> bool:
    estimate = estimator.estimate()
    assert estimate.persons >= 0
    return abs(truth - estimate.persons) <= estimate.error_persons


class ErringBeams:
    """Beams that err as the model allows: in any run of m passages, slack + share * m persons.

    An error is a passage missed or one too many; whether one more is allowed is kept as the
    worst run that ends here, as in a bucket that leaks `share` a passage.
    """

    def __init__(self) -> None:
        self.at_ms = 0
        self._over = 0.0
        self._under = 0.0

    def show(self, direction: str, error: str) -> list[Passed]:
        """What the beams tell of one person's passage."""
        counted = {"": 1, "missed": 0, "twice": 2}[error]
        off = (counted - 1) * (1 if direction == "in" else -1)
        # A missed passage makes the run no longer, so its error must fit what is there.
        grown = SHARE * counted
        over = max(self._over + off - grown, 0.0)
        under = max(self._under - off - grown, 0.0)
        if max(over, under) > SLACK:
            return self.show(direction, "")
        self._over, self._under = over, under
        shown = []
        for _ in range(counted):
            self.at_ms += 100
            shown.append(passed(self.at_ms, direction))
        return shown


people = st.lists(
    st.tuples(st.sampled_from(["in", "in", "out"]), st.sampled_from(["", "", "missed", "twice"])),
    max_size=120,
)


@given(people, st.booleans())
def test_the_bound_always_holds_the_truth_of_beams_that_err_as_allowed(
    passages: list[tuple[str, str]], sensor: bool
):
    beams, estimator, truth = ErringBeams(), Estimator([BEAMS], 1_000), 0
    for direction, error in passages:
        if direction == "out" and truth == 0:
            continue
        truth += 1 if direction == "in" else -1
        for event in beams.show(direction, error):
            estimator.take(event)
        assert within(truth, estimator)
        if sensor:
            estimator.presence(int(truth > 0), beams.at_ms)
            assert within(truth, estimator)


events = st.lists(
    st.one_of(
        st.builds(
            passed,
            st.integers(0, 9_000),
            st.sampled_from(["in", "out"]),
            st.sampled_from(["beams", "taps"]),
            st.sampled_from(["a", "b"]),
        ),
        st.builds(Seen, st.integers(0, 9_000), st.just("pir"), st.integers(1, 3)),
        st.builds(Unclear, st.integers(0, 9_000), st.just("beams"), st.just("a")),
    ),
    max_size=40,
)


@given(events, st.randoms(use_true_random=False))
def test_events_in_any_order_and_told_twice_come_to_the_same(
    told: list[object], chance: random.Random
):
    ordered, mixed = Estimator([BEAMS, TAPS], 20), Estimator([BEAMS, TAPS], 20)
    for event in sorted(set(told), key=lambda event: event[0]):
        ordered.take(event)
    doubled = told * 2
    chance.shuffle(doubled)
    for event in doubled:
        mixed.take(event)
    assert mixed.estimate() == ordered.estimate()
    assert (mixed.entered, mixed.left) == (ordered.entered, ordered.left)


@given(people, st.integers(2, 400), st.randoms(use_true_random=False))
def test_events_that_come_hours_late_widen_the_bound_and_keep_the_truth(
    passages: list[tuple[str, str]], spread: int, chance: random.Random
):
    estimator, truth, waiting = Estimator([BEAMS], 1_000), 0, []
    for number, (direction, _error) in enumerate(passages):
        if direction == "out" and truth == 0:
            continue
        truth += 1 if direction == "in" else -1
        late_ms = chance.choice([0, 0, 0, spread * 60_000])
        waiting.append((number * 60_000 + late_ms, passed(number * 60_000, direction)))
    for _arrives, event in sorted(waiting):
        estimator.take(event)
        assert estimator.estimate().persons >= 0
    assert within(truth, estimator)


@given(events, st.integers(0, 5), st.integers(0, 50))
def test_more_than_the_capacity_is_said_to_be_more(
    told: list[object], capacity: int, stations: int
):
    estimator = Estimator([BEAMS, TAPS], capacity, persons_per_station=0.8)
    estimator.stations(stations)
    for event in told:
        estimator.take(event)
        estimate = estimator.estimate()
        assert estimate.persons >= 0
        assert estimate.over_capacity == (estimate.persons > capacity)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_beams_that_err_at_random_below_the_share_stay_within_it(seed: int):
    chance = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    estimator, truth, at_ms, outside = Estimator([BEAMS], 1_000), 0, 0, 0
    for _ in range(600):
        at_ms += 1_000
        direction = "in" if truth == 0 or (truth < 40 and chance.random() < 0.5) else "out"
        truth += 1 if direction == "in" else -1
        draw = chance.random()
        for copy in range(0 if draw < 0.02 else 2 if draw < 0.03 else 1):
            estimator.take(passed(at_ms + copy, direction))
        outside += not within(truth, estimator)
    assert outside == 0


def test_taps_tell_who_is_in_at_least_and_never_at_most():
    estimator = Estimator([BEAMS, Way("taps", 0.0, 1, covers_all=False)], 30)
    for number in range(20):
        estimator.take(passed(number * 1_000, "in"))
    assert (estimator.estimate().persons, estimator.estimate().error_persons) == (20, 4)
    for number in range(22):
        estimator.take(passed(20_000 + number * 100, "in", "taps", "reader"))
    assert (estimator.estimate().persons, estimator.estimate().error_persons) == (21, 3)
    for number in range(20):
        estimator.take(passed(30_000 + number * 100, "out", "taps", "reader"))
    assert estimator.estimate().persons == 20, "who leaves without a tap is not missed by beams"


def test_two_ways_that_contradict_each_other_leave_the_truth_between_them():
    estimator = Estimator([BEAMS, Way("taps", 0.0, 1, covers_all=False)], 30)
    for number in range(12):
        estimator.take(passed(number * 1_000, "in", "taps", "reader"))
    estimate = estimator.estimate()
    assert estimate.persons - estimate.error_persons <= 2
    assert estimate.persons + estimate.error_persons >= 11


def test_wifi_moves_the_guess_within_the_bound_and_no_further():
    estimator = Estimator([BEAMS], 60, persons_per_station=1.0)
    for number in range(20):
        estimator.take(passed(number * 1_000, "in"))
    alone = estimator.estimate()
    estimator.stations(21)
    assert alone.persons <= estimator.estimate().persons <= 21
    estimator.stations(500)
    drawn = estimator.estimate()
    assert drawn.persons <= alone.persons + alone.error_persons
    estimator.stations(None)
    assert estimator.estimate() == alone


def test_without_any_counter_the_bound_is_the_capacity_and_presence_is_one_at_least():
    estimator = Estimator([], 12)
    assert estimator.estimate().error_persons == 12
    estimator.presence(1, 1_000)
    estimate = estimator.estimate()
    assert (estimate.persons, estimate.error_persons) == (1, 11)


def test_a_zero_takes_the_drift_away_and_believes_the_beams_less():
    estimator = Estimator([BEAMS], 200)
    for number in range(100):
        estimator.take(passed(number * 1_000, "in" if number % 10 < 6 else "out"))
    zero = estimator.rezero("night", 200_000)
    assert (zero.drift_persons, zero.passages) == (20, 100)
    assert (estimator.estimate().persons, estimator.estimate().error_persons) == (0, SLACK)
    assert estimator.shares() == {"beams": pytest.approx(0.18)}
    assert not estimator.take(passed(150_000, "in")), "from before the zero"
    again = Estimator([BEAMS], 200, state=estimator.state())
    assert again.shares() == estimator.shares()

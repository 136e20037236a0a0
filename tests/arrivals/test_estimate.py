"""Which trip a vehicle is on, and when it comes."""

from __future__ import annotations

import pytest

from backend.arrivals.estimate import arrival_ms, has_passed, is_at_stop
from backend.arrivals.plans import Plans
from backend.arrivals.sighting import Sighting, sight
from backend.live.model import LivePosition
from tests.arrivals.scene import SETTINGS, at, seen
from tests.territory.sample import DEGREE_M, SAMPLE

_PLANS = Plans(SAMPLE, SETTINGS)


def _sight(unit: str, position: LivePosition) -> Sighting | None:
    return sight(position, _PLANS.journeys_of(unit, position.observed_ms), SETTINGS)


def _trip(sighting: Sighting | None) -> str | None:
    return None if sighting is None else sighting.journey.dated.trip.trip_id


def test_a_bus_on_its_way_is_on_the_trip_that_fits():
    assert _trip(_sight("bus/b1", seen(3.75, at(8, 8)))) == "b1-0800"
    assert _trip(_sight("bus/b1", seen(3.55, at(9, 8)))) == "b1-0900"


def test_the_direction_decides_between_two_trips_of_the_same_road():
    late_on_the_first = seen(3.55, at(9, 8), course_deg=270.0)
    assert _trip(_sight("bus/b1", late_on_the_first)) == "b1-0800"


def test_a_bus_that_waits_for_its_next_trip_is_on_it():
    assert _trip(_sight("bus/b1", seen(3.5, at(8, 55), speed_m_s=0.0))) == "b1-0900"


def test_a_bus_far_from_every_road_is_on_no_trip():
    assert _sight("bus/b1", seen(3.75, at(8, 8), latitude=44.55)) is None


def test_a_bus_at_night_is_on_no_trip():
    assert _sight("bus/b1", seen(3.75, at(3, 0))) is None


def test_distance_over_speed():
    sighting = _sight("bus/b1", seen(3.75, at(8, 10), speed_m_s=15.0))
    assert sighting is not None
    expected_s = 0.05 * DEGREE_M / 15.0
    assert (arrival_ms(sighting, 1, SETTINGS) - at(8, 10)) / 1_000 == pytest.approx(
        expected_s, rel=0.01
    )


@pytest.mark.parametrize("speed_m_s", [None, 0.0, 3.0])
def test_a_slow_moment_does_not_last_for_ever(speed_m_s: float | None):
    sighting = _sight("bus/b1", seen(3.75, at(8, 10), speed_m_s=speed_m_s))
    assert sighting is not None
    expected_s = 0.05 * DEGREE_M / SETTINGS.bus_speed_m_s
    assert (arrival_ms(sighting, 1, SETTINGS) - at(8, 10)) / 1_000 == pytest.approx(
        expected_s, rel=0.01
    )


def test_a_vehicle_that_is_early_waits_at_each_stop_for_its_time():
    sighting = _sight("bus/b1", seen(3.71, at(8, 9), speed_m_s=25.0))
    assert sighting is not None
    assert arrival_ms(sighting, 1, SETTINGS) < at(8, 16)
    beyond_ms = 0.1 * DEGREE_M / SETTINGS.bus_speed_m_s * 1_000
    assert arrival_ms(sighting, 2, SETTINGS) == pytest.approx(at(8, 16) + beyond_ms, abs=2_000)


def test_a_stop_is_passed_when_the_vehicle_was_seen_beyond_it():
    before, behind = (
        _sight("bus/b1", seen(3.701, at(8, 16))),
        _sight("bus/b1", seen(3.69, at(8, 18))),
    )
    assert before is not None
    assert behind is not None
    assert not has_passed(before, 1, SETTINGS)
    assert has_passed(behind, 1, SETTINGS)


def test_a_vehicle_that_stands_at_a_stop_is_at_the_stop():
    standing = _sight("bus/b1", seen(3.7001, at(8, 16), speed_m_s=0.0))
    driving = _sight("bus/b1", seen(3.7001, at(8, 16), speed_m_s=12.0))
    assert standing is not None
    assert driving is not None
    assert is_at_stop(standing, 1, SETTINGS)
    assert not is_at_stop(driving, 1, SETTINGS)

from __future__ import annotations

import pytest

from edge.drivers.odometer import Odometer, distance
from tests.drivers.listening import fix_at, repeatable

DEGREE_M = 111_195.0


def test_a_straight_drive_is_as_long_as_it_is():
    odometer = Odometer(1_000.0)
    for second in range(601):
        odometer.add(fix_at(second, latitude=44.0 + second * 15 / DEGREE_M, speed_m_s=15.0))
    assert odometer.metres == pytest.approx(10_000, rel=0.002)


def test_a_walk_slower_than_the_step_still_adds_up():
    odometer = Odometer()
    for second in range(601):
        odometer.add(fix_at(second, latitude=44.0 + second * 1.2 / DEGREE_M, speed_m_s=1.2))
    assert odometer.metres == pytest.approx(720, abs=6)


@pytest.mark.parametrize("speed", [0.2, None])
def test_standing_still_is_no_travel(speed: float | None):
    chance = repeatable()
    odometer = Odometer()
    for second in range(3_600):
        odometer.add(
            fix_at(
                second,
                latitude=44.0 + chance.gauss(0, 3) / DEGREE_M,
                longitude=3.0 + chance.gauss(0, 3) / DEGREE_M,
                speed_m_s=speed,
            )
        )
    assert odometer.metres == 0.0


def test_a_jump_is_no_travel_there_or_back():
    odometer = Odometer()
    for second in range(10):
        latitude = 48.0 if second == 5 else 44.0
        odometer.add(fix_at(second, latitude=latitude, speed_m_s=10.0))
    assert odometer.metres == 0.0


def test_a_tunnel_counts_as_the_straight_line():
    odometer = Odometer()
    odometer.add(fix_at(0, latitude=44.0))
    odometer.add(fix_at(120, latitude=44.0 + 2_000 / DEGREE_M))
    assert odometer.metres == pytest.approx(2_000, rel=0.001)


def test_late_and_repeated_fixes_add_nothing_and_a_clock_set_back_does_not_stop_it():
    odometer = Odometer()
    odometer.add(fix_at(100, latitude=44.0))
    assert odometer.add(fix_at(100, latitude=44.01)) == 0.0
    assert odometer.add(fix_at(50, latitude=44.01)) == 0.0
    odometer.add(fix_at(-5_000, latitude=44.0))
    assert odometer.add(fix_at(-4_990, latitude=44.0 + 100 / DEGREE_M)) == pytest.approx(
        100, rel=0.01
    )


def test_distance_is_symmetric_over_the_antimeridian():
    west, east = fix_at(0, longitude=-179.999), fix_at(0, longitude=179.999)
    assert distance(west, east) == pytest.approx(distance(east, west))
    assert distance(west, east) < 200

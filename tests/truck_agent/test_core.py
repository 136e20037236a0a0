from __future__ import annotations

import itertools

from edge.truck_agent.core import Motion, TruckCore
from tests.drivers.listening import fix_at

NORTH_M = 1 / 111_195


def said(core: TruckCore, fixes) -> list[int]:
    return [second for second, fix in fixes if core.take(fix)]


def drive(start: int, end: int, **changed: object):
    return [(s, fix_at(s, **changed)) for s in range(start, end)]


def test_moving_is_said_each_second_and_parked_each_minute():
    core = TruckCore(1.0, 60.0)
    assert said(core, drive(0, 10)) == list(range(10))
    standing = said(core, drive(10, 400, latitude=44.5, speed_m_s=0.1))
    assert standing[:31] == list(range(10, 41))
    assert core.motion is Motion.PARKED
    assert {later - earlier for earlier, later in itertools.pairwise(standing[30:])} == {60}


def test_starting_is_said_at_once():
    core = TruckCore(1.0, 60.0)
    said(core, drive(0, 100, latitude=44.5, speed_m_s=0.0))
    assert core.motion is Motion.PARKED
    assert core.take(fix_at(100, latitude=44.5, speed_m_s=5.0))
    assert core.motion is Motion.MOVING


def test_a_stop_at_a_light_is_not_parking():
    core = TruckCore(1.0, 60.0)
    said(core, drive(0, 5))
    assert said(core, drive(5, 30, latitude=44.5, speed_m_s=0.0)) == list(range(5, 30))
    assert core.motion is Motion.MOVING


def test_without_a_speed_the_distance_decides():
    core = TruckCore(1.0, 60.0)
    said(core, drive(0, 60, latitude=44.5, speed_m_s=None))
    assert core.motion is Motion.PARKED
    for second in range(60, 80):
        latitude = 44.5 + (second - 59) * 10 * NORTH_M
        core.take(fix_at(second, latitude=latitude, speed_m_s=None))
    assert core.motion is Motion.MOVING


def test_being_towed_slowly_is_moving():
    core = TruckCore(1.0, 60.0)
    said(core, drive(0, 60, latitude=44.5, speed_m_s=0.0))
    for second in range(60, 200):
        core.take(fix_at(second, latitude=44.5 + (second - 60) * 0.4 * NORTH_M, speed_m_s=0.4))
    assert core.motion is Motion.MOVING or core._standing_since is not None
    assert core.take(fix_at(300, latitude=44.6, speed_m_s=0.0))


def test_unthinned_says_everything_moving_or_not():
    core = TruckCore(0.0, 60.0)
    assert len(said(core, drive(0, 100, latitude=44.5, speed_m_s=0.0))) == 100


def test_ten_hertz_is_thinned_to_one():
    core = TruckCore(1.0, 60.0)
    fixes = [(i, fix_at(0, observed_ms=fix_at(0).observed_ms + i * 100)) for i in range(100)]
    assert 10 <= len(said(core, fixes)) <= 12


def test_a_clock_set_back_does_not_silence_it():
    core = TruckCore(1.0, 60.0)
    core.take(fix_at(1_000))
    assert core.take(fix_at(0))

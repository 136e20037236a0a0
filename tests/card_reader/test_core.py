"""A door's positions: who may open it, when it is an alarm, and that nobody is kept inside."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge.card_reader.core import Alarm, DoorCore, DoorTimes, Note, Position, Pulse, Release
from edge.copass.decision import MODES

TIMES = DoorTimes()
PULSE = Pulse(TIMES.pulse_ms)


def closed_door(mode="normal") -> DoorCore:
    core = DoorCore(TIMES, mode)
    core.contact(0, is_open=False)
    return core


def alarms(effects) -> list[tuple[str, str]]:
    return [(effect.kind, effect.state) for effect in effects if isinstance(effect, Alarm)]


def test_a_card_releases_the_lock_and_the_door_may_open():
    core = closed_door()
    assert core.opens(1_000) == [PULSE]
    assert core.contact(3_000, is_open=True) == [Note("opened")]
    assert core.contact(9_000, is_open=False) == [Note("closed")]
    assert core.position is Position.CLOSED
    assert core.due_ms() is None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("position", list(Position))
def test_a_request_to_exit_releases_the_lock_in_every_mode_and_position(mode, position):
    core = DoorCore(TIMES, mode)
    core.position = position
    effects = core.exit_request(1_000, active=True)
    assert effects[0] == PULSE
    assert Release() not in effects


def test_an_exit_button_that_is_held_keeps_the_lock_released_and_no_longer():
    core = closed_door("lockdown")
    core.exit_request(0, active=True)
    pulses = [at for at in range(0, 20_000, 100) if PULSE in core.tick(at)]
    assert len(pulses) >= 5
    assert all(b - a < TIMES.pulse_ms for a, b in pairwise(pulses))
    core.exit_request(20_000, active=False)
    assert [at for at in range(20_000, 40_000, 100) if core.tick(at)] == []


def test_a_door_that_nobody_released_is_forced_and_cleared_when_it_shuts():
    core = closed_door()
    assert core.contact(1_000, is_open=True) == []
    assert core.tick(1_499) == []
    assert alarms(core.tick(1_500)) == [("door_forced", "raised")]
    assert alarms(core.contact(9_000, is_open=False)) == [("door_forced", "cleared")]


def test_a_door_pushed_just_before_its_exit_switch_speaks_is_not_forced():
    core = closed_door()
    core.contact(1_000, is_open=True)
    assert Note("opened") in core.exit_request(1_300, active=True)
    assert alarms(core.tick(2_000)) == []


def test_a_door_that_is_forced_and_shut_at_once_is_still_told():
    core = closed_door()
    core.contact(1_000, is_open=True)
    assert alarms(core.contact(1_200, is_open=False)) == [
        ("door_forced", "raised"),
        ("door_forced", "cleared"),
    ]


def test_who_walks_slowly_is_not_forcing_the_door():
    core = closed_door()
    core.opens(0)
    late = TIMES.pulse_ms + TIMES.walk_ms
    assert core.contact(late, is_open=True) == [Note("opened")]


def test_a_door_held_open_is_an_alarm_until_it_shuts():
    core = closed_door()
    core.opens(0)
    core.contact(1_000, is_open=True)
    assert core.due_ms() == 1_000 + TIMES.held_ms
    assert alarms(core.tick(31_000)) == [("door_held_open", "raised")]
    assert alarms(core.contact(60_000, is_open=False)) == [("door_held_open", "cleared")]


def test_another_card_at_an_open_door_gives_it_time_anew():
    core = closed_door()
    core.opens(0)
    core.contact(1_000, is_open=True)
    core.opens(20_000)
    assert alarms(core.tick(31_000)) == []
    assert alarms(core.tick(50_000)) == [("door_held_open", "raised")]


def test_a_door_found_open_at_start_is_timed_and_not_forced():
    core = DoorCore(TIMES)
    assert core.contact(0, is_open=True) == []
    assert alarms(core.tick(30_000)) == [("door_held_open", "raised")]


def test_what_stood_before_a_restart_is_cleared_at_a_door_found_shut():
    cleared = alarms(DoorCore(TIMES).contact(0, is_open=False))
    assert cleared == [("door_forced", "cleared"), ("door_held_open", "cleared")]


@pytest.mark.parametrize("mode", ["free_access", "free_egress"])
def test_a_free_door_is_released_again_and_again_and_locked_when_that_ends(mode):
    core = closed_door()
    assert core.set_mode(mode, 0) == [Note("mode", mode), PULSE]
    pulses = [at for at in range(0, 60_000, 100) if PULSE in core.tick(at)]
    assert max(b - a for a, b in pairwise(pulses)) < TIMES.pulse_ms
    assert core.contact(60_000, is_open=True) == [Note("opened")]
    assert alarms(core.tick(600_000)) == []
    assert core.set_mode("normal", 600_000) == [Note("mode", "normal"), Release()]
    assert alarms(core.tick(630_000)) == [("door_held_open", "raised")]


def test_a_free_mode_found_at_start_releases_at_the_first_tick():
    assert PULSE in DoorCore(TIMES, "free_access").tick(0)


def test_leaving_a_free_mode_does_not_lock_against_who_presses_the_exit():
    core = closed_door()
    core.set_mode("free_egress", 0)
    core.exit_request(100, active=True)
    assert Release() not in core.set_mode("lockdown", 200)
    assert PULSE in core.tick(10_000)


def test_a_condition_is_raised_once_and_cleared_once():
    core = closed_door()
    assert alarms(core.stands("tamper", present=True)) == [("tamper", "raised")]
    assert core.stands("tamper", present=True) == []
    assert alarms(core.stands("tamper", present=False)) == [("tamper", "cleared")]
    assert core.stands("tamper", present=False) == []


def test_the_same_mode_again_changes_nothing():
    assert closed_door().set_mode("normal", 0) == []

"""The key: flicker, cranking, holding on, and every restart in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.truck_agent.ignition import Do, Ignition, IgnitionRules

RULES = IgnitionRules(off_after_s=3, crank_s=15, hold_s=300, settle_s=60, needed_s=3_600)


def run(
    ignition: Ignition, until_s: float, *, from_s: float = 0, settled: bool = True, needed=False
) -> list[tuple[float, Do]]:
    done = []
    now_s = from_s
    while now_s <= until_s:
        if (do := ignition.tick(now_s, settled=settled, needed=needed)) is not None:
            done.append((now_s, do))
        now_s += 1.0
    return done


def awake_at(now_s: float) -> Ignition:
    ignition = Ignition(RULES)
    ignition.line(active=True, now_s=now_s - 100)
    assert ignition.tick(now_s, settled=True, needed=False) is Do.WAKE
    return ignition


def test_a_key_turned_off_means_sleep_then_a_held_switching_off_and_a_key_turned_on_cancels_it():
    ignition = awake_at(0)
    ignition.line(active=False, now_s=10)
    assert run(ignition, 312, from_s=10) == [(13, Do.FALL_ASLEEP)]
    ignition.line(active=True, now_s=312)
    assert run(ignition, 1_000, from_s=312) == [(313, Do.WAKE)]
    ignition.line(active=False, now_s=1_000)
    assert run(ignition, 1_304, from_s=1_000) == [(1_003, Do.FALL_ASLEEP), (1_303, Do.SWITCH_OFF)]


def test_unconfirmed_words_hold_the_computer_on_for_a_bounded_time():
    ignition = awake_at(0)
    ignition.line(active=False, now_s=0)
    assert run(ignition, 400, settled=False)[-1] == (363, Do.SWITCH_OFF)


def test_an_sos_or_a_lone_worker_holds_it_on_until_the_battery_has_given_enough():
    ignition = awake_at(0)
    ignition.line(active=False, now_s=0)
    assert [at for at, do in run(ignition, 3_660, needed=True) if do is Do.SWITCH_OFF] == [3_603]


def test_a_computer_that_is_still_there_is_asked_to_go_once_a_minute():
    ignition = awake_at(0)
    ignition.line(active=False, now_s=0)
    offs = [at for at, do in run(ignition, 450) if do is Do.SWITCH_OFF]
    assert offs == [303, 363, 423]


def test_the_starter_may_pull_the_line_down_for_longer_than_a_flicker():
    ignition = Ignition(RULES)
    ignition.line(active=True, now_s=0)
    assert ignition.tick(1, settled=True, needed=False) is Do.WAKE
    ignition.line(active=False, now_s=2)
    assert run(ignition, 12, from_s=2) == []
    ignition.line(active=True, now_s=12)
    assert run(ignition, 60, from_s=12) == []


def test_until_the_line_has_spoken_nobody_is_on_duty_and_nothing_is_switched_off():
    for was_asleep in (False, True):
        ignition = Ignition(RULES, was_asleep=was_asleep)
        assert run(ignition, 1_000) == []
        assert not ignition.on_duty
        assert ignition.asleep is was_asleep


def test_a_restart_while_asleep_says_nothing_twice_and_holds_anew():
    ignition = Ignition(RULES, was_asleep=True)
    ignition.line(active=False, now_s=0)
    assert run(ignition, 303) == [(303, Do.SWITCH_OFF)]
    ignition = Ignition(RULES, was_asleep=True)
    ignition.line(active=True, now_s=0)
    assert run(ignition, 10) == [(1, Do.WAKE)]


@given(
    turns=st.lists(st.floats(min_value=0.01, max_value=40), min_size=1, max_size=40),
    starts_on=st.booleans(),
    kills=st.sets(st.integers(0, 39)),
)
def test_whatever_the_line_does_duty_follows_it_and_no_flicker_puts_anybody_to_sleep(
    turns, starts_on, kills
):
    """Against a model: off for under 3 s never means sleep, off for over 15 s always does."""
    ignition, now_s, active = Ignition(RULES), 0.0, starts_on
    for number, lasts_s in enumerate(turns):
        if number in kills:
            ignition = Ignition(RULES, was_asleep=ignition.asleep)
        was_on_duty = ignition.on_duty
        ignition.line(active=active, now_s=now_s)
        done, end_s = [], now_s + lasts_s
        while now_s < end_s:
            do = ignition.tick(now_s, settled=True, needed=False)
            done += [do] if do is not None else []
            now_s += 0.05
        now_s = end_s
        assert Do.SWITCH_OFF not in done, "nothing was off for five minutes"
        if active and lasts_s > 0.5:
            assert ignition.on_duty
        if not active and lasts_s > 15.5:
            assert ignition.asleep
        if not active and lasts_s < 3:
            assert ignition.on_duty is was_on_duty
            assert done == []
        active = not active

"""Time without anybody who tells it: never too early by more than it says, over any power cuts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.copass.time_keeper import STORE_EVERY_MS, KeptTime, TimeKeeper
from tests.copass.rights_made import HOUR_MS, NOON_MS

UNSET = "unset"


def test_a_trusted_clock_is_believed_and_kept():
    keeper = TimeKeeper(KeptTime(), 0)
    moment = keeper.look(1_000, (NOON_MS, "gnss"))
    assert (moment.utc_ms, moment.clock, moment.is_trusted) == (NOON_MS, "gnss", True)
    assert keeper.kept(1_000) == KeptTime(NOON_MS, 0)
    assert keeper.kept(61_000) == KeptTime(NOON_MS, 60_000)


def test_after_a_power_cut_time_runs_on_from_the_last_known_one():
    keeper = TimeKeeper(KeptTime(NOON_MS, HOUR_MS), 5_000)
    moment = keeper.look(65_000, None)
    assert not moment.is_trusted
    assert moment.clockless_ms == HOUR_MS + STORE_EVERY_MS + 60_000
    assert moment.utc_ms == NOON_MS + moment.clockless_ms


def test_a_clock_that_went_far_back_is_not_believed_and_this_is_said():
    keeper = TimeKeeper(KeptTime(NOON_MS, 0), 0)
    assert not keeper.look(0, (NOON_MS - HOUR_MS, "ntp")).is_trusted
    assert keeper.fault == "clock_behind"
    assert keeper.look(0, (NOON_MS - 60_000, "ntp")).is_trusted
    assert keeper.fault is None


def test_a_clock_that_nobody_vouches_for_tells_nothing():
    assert not TimeKeeper(KeptTime(), 0).look(0, (NOON_MS, UNSET)).is_trusted


def test_what_the_backend_signs_says_that_it_is_not_earlier():
    keeper = TimeKeeper(KeptTime(NOON_MS, 0), 0)
    keeper.vouched(NOON_MS + 5 * HOUR_MS, 0)
    assert keeper.look(0, None).utc_ms == NOON_MS + 5 * HOUR_MS
    keeper.vouched(NOON_MS, 0)
    assert keeper.look(0, None).utc_ms == NOON_MS + 5 * HOUR_MS


@given(st.lists(st.tuples(st.integers(0, 10 * HOUR_MS), st.booleans()), max_size=40))
def test_no_row_of_power_cuts_makes_running_time_longer_than_it_is_counted(boots):
    kept, ran_ms = KeptTime(NOON_MS, 0), 0
    for run_ms, is_stored_late in boots:
        keeper = TimeKeeper(kept, 0)
        ran_ms += run_ms
        assert keeper.look(run_ms, None).clockless_ms >= ran_ms
        stored_ms = max(run_ms - STORE_EVERY_MS, 0) if is_stored_late else run_ms
        kept = keeper.kept(stored_ms)


def test_the_later_of_two_accounts_is_the_greater():
    assert KeptTime(NOON_MS, 5) > KeptTime(NOON_MS, 4) > KeptTime(NOON_MS - 1, 10**9)

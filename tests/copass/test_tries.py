"""A reader loses patience with impostors, and finds it again."""

from __future__ import annotations

from edge.copass.tries import Tries


def test_from_the_third_strike_on_the_reader_waits_longer_each_time():
    tries, now_s, waits = Tries(), 100.0, []
    for _ in range(8):
        tries.note("not_authentic", now_s)
        waits.append(tries.barred_s(now_s))
        now_s += waits[-1]
        assert tries.barred_s(now_s) == 0
    assert waits == [0, 0, 5, 10, 20, 40, 60, 60]


def test_a_card_that_opens_is_believed_for_the_next_ones():
    tries = Tries()
    for reason in ("unknown_card", "not_authentic", "granted", "unknown_card", "not_authentic"):
        tries.note(reason, 0.0)
    assert tries.barred_s(0.0) == 0


def test_honest_refusals_are_no_strikes():
    tries = Tries()
    for _ in range(9):
        for reason in ("too_early", "read_again", "expired", "too_many_tries", "revoked"):
            tries.note(reason, 0.0)
    assert tries.barred_s(0.0) == 0


def test_ten_quiet_minutes_wipe_the_slate():
    tries = Tries()
    tries.note("unknown_card", 0.0)
    tries.note("unknown_card", 1.0)
    tries.note("unknown_card", 602.0)
    assert tries.barred_s(602.0) == 0

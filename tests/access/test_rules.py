"""The pure rules of access: holidays, what may be granted, journals, presence, what devices say."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.access.errors import InvalidGrant
from backend.access.exposure import lingering_after
from backend.access.granting import checked
from backend.access.hearing import heard, held_after, wants_whole
from backend.access.holidays import (
    easter,
    is_alsace_moselle,
    observed_holidays,
    public_holidays,
)
from backend.access.journals import GRACE_MS, JournalState, is_overdue, state_after
from backend.access.model import Door
from backend.access.presence_rules import presence_after
from backend.access.versions import RENEW_AFTER_MS, next_version
from contract.rights import Right, Snapshot, opens_until_ms
from contract.uplink import Ack, Health, Tap
from tests.access.scene import HOUR_MS, NOW_MS, wanted


def test_easter_of_known_years():
    known = {1961: (4, 2), 2000: (4, 23), 2008: (3, 23), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


def test_years_in_which_two_public_holidays_fall_together():
    years = [year for year in range(1990, 2101) if len(public_holidays(year)) == 10]
    assert years == [1997, 2008, 2059, 2070, 2081, 2092]
    assert len(public_holidays(2026)) == 11
    assert len(public_holidays(2026, alsace_moselle=True)) == 13


def test_local_days_are_added_and_taken_away():
    local = {"2026-08-16": True, "2026-05-25": False}
    days = observed_holidays(date(2026, 3, 1), local, alsace_moselle=False)
    assert "2026-08-16" in days
    assert "2026-05-25" not in days
    assert "2027-03-29" in days
    assert is_alsace_moselle(["67482", "68066"])
    assert not is_alsace_moselle(["67482", "48095"])
    assert not is_alsace_moselle([])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "booking"},
        {"kind": "key_holder"},
        {"kind": "key_holder", "offline_for_s": 31 * 86_400},
        {"kind": "member", "offline_for_s": 73 * 3_600},
        {"kind": "guest"},
        {"points": ()},
        {"points": ("Door",)},
        {"ends_ms": NOW_MS - 1},
        {"starts_ms": NOW_MS + 10, "ends_ms": NOW_MS + 5},
        {"label": "x" * 41},
    ],
)
def test_a_right_without_bounds_or_sense_is_refused(fields):
    with pytest.raises(InvalidGrant):
        checked(wanted("c", **fields), NOW_MS)


@given(
    st.sampled_from(["booking", "member", "key_holder", "staff"]),
    st.none() | st.integers(1, 40 * 86_400),
    st.none() | st.integers(NOW_MS + 1, NOW_MS + 90 * 24 * HOUR_MS),
)
def test_whatever_may_be_granted_stops_opening_one_day(kind, offline_for_s, ends_ms):
    try:
        grant = checked(
            wanted("c", kind=kind, offline_for_s=offline_for_s, ends_ms=ends_ms), NOW_MS
        )
    except InvalidGrant:
        return
    right = Right(1, bytes(8), kind, ("door",), 0, grant.ends_ms, None, grant.offline_for_s)
    assert opens_until_ms(right, NOW_MS) is not None


@given(st.permutations(range(1, 8)), st.lists(st.integers(1, 7), max_size=5))
def test_a_journal_is_whole_when_all_is_here_whatever_the_order(order, again):
    state, seen = JournalState(), set()
    for at, number in enumerate([*order, *again]):
        seen.add(number)
        # As the service asks: everything above what is contiguous, in order.
        above = sorted(n for n in seen if n > state.contiguous)
        state = state_after(state, [(n, f"{n:032x}") for n in above], NOW_MS + at)
    assert (state.contiguous, state.highest, state.missing_since_ms) == (7, 7, None)
    assert state.chain == f"{7:032x}"


def test_a_gap_is_overdue_from_when_it_was_first_seen_and_heals():
    state = state_after(JournalState(), [(2, "b")], NOW_MS)
    later = state_after(state, [(2, "b"), (3, "c")], NOW_MS + 5)
    assert not is_overdue(later, NOW_MS + GRACE_MS - 1)
    assert is_overdue(later, NOW_MS + GRACE_MS)
    healed = state_after(later, [(1, "a"), (2, "b"), (3, "c")], NOW_MS + 9)
    assert not is_overdue(healed, NOW_MS + 2 * GRACE_MS)


def tap(observed_ms, direction, decision="granted", clock="ntp"):
    return Tap(
        **envelope(observed_ms, clock),
        decision=decision,
        reason=decision,
        place="door",
        pseudonym="p",
        direction=direction,
    )


def envelope(observed_ms, clock="ntp"):
    return {
        "outbox": "00000000000000aa",
        "seq": 1,
        "boot": "0000b001-00000001",
        "observed_ms": observed_ms,
        "clock": clock,
    }


taps = st.lists(
    st.tuples(st.integers(1, 1_000), st.sampled_from(["in", "out", None])),
    unique_by=lambda one: one[0],
    max_size=8,
)


@given(taps, st.randoms(use_true_random=False))
def test_who_is_in_is_the_word_of_the_newest_tap_whatever_the_order(told, chance):
    shuffled = list(told)
    chance.shuffle(shuffled)
    known = None
    for at_ms, direction in shuffled:
        known = presence_after(known, tap(at_ms, direction))
    if told:
        assert known is not None
        assert known.is_in == (max(told)[1] != "out")


def test_refused_and_undated_taps_move_nobody():
    known = presence_after(None, tap(5, "in"))
    assert presence_after(known, tap(9, "out", decision="refused")) == known
    assert presence_after(known, tap(9, "out", clock="unset")) == known


def ack(version, answer="accepted", reason=None, at_ms=NOW_MS, clock="ntp"):
    return heard(
        "reader/die",
        Ack(
            **envelope(at_ms, clock),
            subject="rights",
            reference=str(version),
            answer=answer,
            reason=reason,
        ),
    )


DOOR = Door(
    "reader/die",
    bytes(16),
    version=9,
    snapshot=Snapshot(9, NOW_MS, "Europe/Paris", bytes(16), {}),
    held_version=5,
    held_ms=NOW_MS,
)


def test_a_device_is_believed_by_time_of_measurement_and_never_more_than_was_given():
    assert held_after(DOOR, ack(9, at_ms=NOW_MS + 1)) == (9, NOW_MS + 1)
    assert held_after(DOOR, ack(9, at_ms=NOW_MS - 1)) == (5, NOW_MS)
    assert held_after(DOOR, ack(2, at_ms=NOW_MS + 1)) == (2, NOW_MS + 1)
    assert held_after(DOOR, ack(77, at_ms=NOW_MS + 1)) == (9, NOW_MS + 1)
    assert held_after(DOOR, ack(2, clock="unset")) == (5, NOW_MS)
    assert held_after(DOOR, ack(7, clock="unset")) == (7, NOW_MS)
    assert held_after(DOOR, ack(9, "refused", "bad_signature")) == (5, NOW_MS)
    assert ack(9, "received") is None


def test_who_asks_gets_all_and_who_is_behind_gets_it_after_a_minute():
    assert wants_whole(DOOR, ack(3, "refused", "gap"), NOW_MS, NOW_MS)
    assert not wants_whole(DOOR, ack(8), NOW_MS, NOW_MS + 59_000)
    assert wants_whole(DOOR, ack(8), NOW_MS, NOW_MS + 60_000)
    assert not wants_whole(DOOR, ack(9), NOW_MS, NOW_MS + 10 * HOUR_MS)
    without = heard("reader/die", Health(**envelope(NOW_MS)))
    assert without is not None
    assert not wants_whole(DOOR, without, NOW_MS, NOW_MS + HOUR_MS - 1)
    assert wants_whole(DOOR, without, NOW_MS, NOW_MS + HOUR_MS)


def test_a_renewal_is_due_after_hours_and_never_goes_back_in_time():
    old = Snapshot(4, NOW_MS, "Europe/Paris", bytes(16), {})
    compiled = Snapshot(1, NOW_MS + 5, "Europe/Paris", bytes(16), {})
    assert next_version(old, compiled, NOW_MS + RENEW_AFTER_MS - 1, 4) is None
    renewed = next_version(old, compiled, NOW_MS + RENEW_AFTER_MS, 4)
    assert renewed is not None
    assert renewed.version == 5
    changed = Snapshot(1, 0, "Europe/Paris", bytes(16), {}, revoked=(bytes(8),))
    early = next_version(old, changed, NOW_MS - HOUR_MS, 4)
    assert early is not None
    assert early.issued_ms == NOW_MS


def test_a_shortened_right_lingers_until_its_old_end_and_a_longer_one_does_not():
    def snapshot(version, ends_ms):
        right = Right(1, bytes(8), "staff", ("door",), 0, ends_ms)
        return Snapshot(version, NOW_MS, "UTC", bytes(16), {}, rights=(right,))

    old = snapshot(3, NOW_MS + 10 * HOUR_MS)
    shorter = lingering_after("u", "d", old, snapshot(4, NOW_MS + HOUR_MS), {1: "card"})
    assert [(one.gone_version, one.until_ms) for one in shorter] == [(4, NOW_MS + 10 * HOUR_MS)]
    assert lingering_after("u", "d", old, snapshot(4, NOW_MS + 20 * HOUR_MS), {}) == []

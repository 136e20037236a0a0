"""What opens, what does not, and which word is said for it."""

from __future__ import annotations

from typing import Any

import pytest

from contract.rights import Schedule, Window
from contract.uplink import TAP_REASONS
from edge.copass.decision import Asked, Decision, Passage, Policy, decide
from edge.copass.rights_table import RightsTable
from edge.copass.time_keeper import Moment
from tests.copass.rights_made import (
    DAY_MS,
    HOUR_MS,
    NOON_MS,
    booking,
    right,
    table,
    tag_of,
)

NOW = Moment(NOON_MS, "ntp")
POLICY = Policy()
MEMBER = table(right(1, "ada"))


def ask(
    rights: RightsTable = MEMBER,
    moment: Moment = NOW,
    policy: Policy = POLICY,
    *,
    name: str = "ada",
    **fields: Any,
) -> Decision | None:
    told = {"point": "door", "proof": "authentic"} | fields
    return decide(Asked(tag_of(name), **told), rights, moment, policy)


def clockless(hours: float, ran_hours: float = 0.0) -> Moment:
    """`hours` after the last trusted noon, `ran_hours` of them counted as running time."""
    return Moment(NOON_MS + int(hours * HOUR_MS), "unset", int(ran_hours * HOUR_MS))


def morning(number: int = 1, **fields: Any):
    return booking(number, "ada", NOON_MS - 3 * HOUR_MS, NOON_MS - HOUR_MS, **fields)


def afternoon(number: int = 2, **fields: Any):
    return booking(number, "ada", NOON_MS + 2 * HOUR_MS, NOON_MS + 4 * HOUR_MS, **fields)


REACHED = {
    "granted": ask,
    "too_early": lambda: ask(table(afternoon())),
    "no_right_here": lambda: ask(point="locker-3"),
    "revoked": lambda: ask(table(right(1, "ada"), revoked=(tag_of("ada"),))),
    "unknown_card": lambda: ask(name="eve"),
    "expired": lambda: ask(table(morning())),
    "anti_passback": lambda: ask(
        policy=Policy(passback="hard"),
        direction="in",
        last=Passage("in", NOON_MS - HOUR_MS),
        is_online=True,
    ),
    "not_authentic": lambda: ask(proof="not_authentic"),
    "clock_unknown": lambda: ask(table(afternoon()), clockless(3, 3)),
    "locked_down": lambda: ask(mode="lockdown"),
    "too_many_tries": lambda: ask(barred_s=4.0),
    "read_again": lambda: ask(proof="gone"),
}


@pytest.mark.parametrize("reason", TAP_REASONS)
def test_every_reason_is_reached(reason):
    decided = REACHED[reason]()
    assert decided is not None
    assert decided.reason == reason
    assert decided.is_granted == (reason == "granted")


def test_a_known_card_must_prove_itself_before_anything_is_said_of_its_rights():
    assert ask(proof=None) is None
    assert ask(point="locker-3", proof=None) is None


@pytest.mark.parametrize("direction", ["in", None])
def test_unknown_revoked_and_locked_out_cards_are_not_even_asked(direction):
    revoked = table(right(1, "ada"), revoked=(tag_of("ada"),))
    for decided in (
        ask(name="eve", proof=None, direction=direction),
        ask(revoked, proof=None, direction=direction),
        ask(mode="lockdown", proof=None, direction=direction),
        ask(barred_s=1.0, proof=None, direction=direction),
    ):
        assert decided is not None
        assert not decided.is_granted


def test_without_rights_nothing_opens():
    decided = decide(Asked(b"", "door", proof="authentic"), RightsTable(), NOW, Policy())
    assert decided == Decision(is_granted=False, reason="unknown_card")


@pytest.mark.parametrize("reason", sorted(set(TAP_REASONS) - {"granted", "anti_passback"}))
def test_a_reader_on_the_way_out_opens_whatever_it_would_say(reason):
    def out(*arguments: Any, **fields: Any):
        return ask(*arguments, **(fields | {"direction": "out"}))

    cases = {
        "too_early": lambda: out(table(afternoon())),
        "no_right_here": lambda: out(point="locker-3"),
        "revoked": lambda: out(table(right(1, "ada"), revoked=(tag_of("ada"),))),
        "unknown_card": lambda: out(name="eve"),
        "expired": lambda: out(table(morning())),
        "not_authentic": lambda: out(proof="not_authentic"),
        "clock_unknown": lambda: out(table(afternoon()), clockless(3, 3)),
        "locked_down": lambda: out(mode="lockdown"),
        "too_many_tries": lambda: out(barred_s=4.0),
        "read_again": lambda: out(proof="gone"),
    }
    decided = cases[reason]()
    assert decided.is_granted
    assert decided.warning == reason


def test_a_booking_opens_from_its_start_until_a_quarter_of_an_hour_after_its_end():
    held = table(booking(1, "ada", NOON_MS, NOON_MS + HOUR_MS))
    at = {
        -1: "too_early",
        0: "granted",
        HOUR_MS + 15 * 60_000 - 1: "granted",
        HOUR_MS + 15 * 60_000: "expired",
    }
    for offset_ms, reason in at.items():
        assert ask(held, Moment(NOON_MS + offset_ms, "gnss")).reason == reason


def test_a_member_opens_for_three_days_after_the_backend_last_vouched():
    assert ask(moment=Moment(NOON_MS + 3 * DAY_MS - 1, "ntp")).is_granted
    assert ask(moment=Moment(NOON_MS + 3 * DAY_MS, "ntp")).reason == "expired"


def test_a_booking_to_come_says_more_than_one_that_is_over():
    decided = ask(
        table(morning(), afternoon(), booking(3, "ada", NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS))
    )
    assert decided.reason == "too_early"
    assert decided.starts_ms == NOON_MS + HOUR_MS
    assert decided.right_id == 3


def test_of_bookings_that_are_over_the_last_one_is_named():
    older = booking(5, "ada", NOON_MS - 9 * HOUR_MS, NOON_MS - 8 * HOUR_MS)
    assert ask(table(older, morning())).until_ms == NOON_MS - HOUR_MS


def test_a_card_with_a_right_elsewhere_is_told_where():
    decided = ask(table(right(1, "ada", points=("locker-3",))))
    assert (decided.reason, decided.elsewhere) == ("no_right_here", "locker-3")


def test_outside_opening_hours_the_next_opening_is_told():
    held = table(right(1, "ada", schedule=0))
    evening = Moment(NOON_MS + 8 * HOUR_MS, "ntp")
    decided = ask(held, evening)
    assert decided.reason == "too_early"
    assert decided.is_closed_hours
    assert decided.starts_ms == NOON_MS + 20 * HOUR_MS
    assert ask(held).is_granted


def test_opening_hours_beyond_the_bound_of_the_right_are_not_promised():
    held = table(right(1, "ada", schedule=0, offline_for_s=10 * 3_600))
    assert ask(held, Moment(NOON_MS + 8 * HOUR_MS, "ntp")).reason == "expired"


def test_a_schedule_that_never_came_opens_nothing():
    assert ask(table(right(1, "ada", schedule=7))).reason == "expired"


def test_holidays_close_what_does_not_say_otherwise():
    open_too = Schedule((Window(127, 0, 1_440),), on_holidays=True)
    closed = Schedule((Window(127, 0, 1_440),))
    held = table(
        right(1, "ada", schedule=0),
        right(2, "bob", schedule=1),
        cards=("ada", "bob"),
        schedules=(closed, open_too),
        holidays=("2026-10-27",),
    )
    assert ask(held).reason == "too_early"
    assert ask(held, name="bob").is_granted


def test_lockdown_lets_pass_only_who_may_pass_it():
    held = table(
        right(1, "ada"),
        right(2, "chief", kind="staff", passes_lockdown=True),
        cards=("ada", "chief"),
    )
    assert ask(held, mode="lockdown").reason == "locked_down"
    assert ask(held, name="chief", mode="lockdown", proof=None) is None
    assert ask(held, name="chief", mode="lockdown").is_granted


def test_free_access_opens_to_any_card_and_says_so():
    decided = ask(name="eve", mode="free_access", proof=None, barred_s=9.0)
    assert decided.is_granted
    assert decided.warning == "free_access"
    assert decided.right_id is None


def test_free_egress_changes_nothing_for_those_who_enter():
    assert ask(name="eve", mode="free_egress").reason == "unknown_card"
    assert ask(mode="free_egress").is_granted


def test_a_duress_right_opens_like_any_other_and_is_flagged():
    held = table(right(1, "ada"), right(2, "ada", duress=True))
    decided = ask(held)
    assert decided.is_granted
    assert decided.is_duress
    assert decided.reason == "granted"


def test_a_second_entry_of_the_day_is_a_warning_and_never_more_while_offline():
    last = Passage("in", NOON_MS - HOUR_MS)
    soft = ask(direction="in", last=last)
    hard_offline = ask(policy=Policy(passback="hard"), direction="in", last=last)
    for decided in (soft, hard_offline):
        assert decided.is_granted
        assert decided.warning == "anti_passback"
    assert ask(policy=Policy(passback="off"), direction="in", last=last).warning is None


@pytest.mark.parametrize(
    "last",
    [None, Passage("out", NOON_MS - HOUR_MS), Passage("in", NOON_MS - 13 * HOUR_MS)],
    ids=["never seen", "left", "yesterday"],
)
def test_who_left_or_came_yesterday_enters_without_warning(last):
    assert ask(direction="in", last=last).warning is None


def test_without_a_clock_a_member_opens_for_the_running_time_of_the_policy():
    policy = Policy(clockless_limit_ms=10 * HOUR_MS)
    assert ask(moment=clockless(9, 9.99), policy=policy).is_granted
    assert ask(moment=clockless(10, 10), policy=policy).reason == "clock_unknown"


def test_without_a_clock_a_right_that_is_surely_over_is_over():
    assert ask(table(morning()), clockless(0)).reason == "expired"
    assert ask(moment=clockless(72, 1)).reason == "expired"


def test_without_a_clock_bookings_follow_the_policy_of_the_door():
    now = table(booking(1, "ada", NOON_MS, NOON_MS + HOUR_MS))
    assert ask(now, clockless(0.5, 0.5)).reason == "clock_unknown"
    reckons = Policy(windowed_without_clock="reckon")
    assert ask(now, clockless(0.5, 0.5), reckons).is_granted
    assert ask(table(right(1, "ada", schedule=0)), clockless(0), reckons).is_granted


def test_without_a_clock_a_right_that_may_not_have_begun_stays_shut():
    held = table(right(1, "ada", starts_ms=NOON_MS + HOUR_MS))
    assert ask(held, clockless(0.5, 0.5)).reason == "clock_unknown"
    assert ask(held, clockless(1.5, 1.5)).is_granted


def test_who_is_forced_is_let_in_again_and_the_alarm_is_raised():
    decided = ask(
        table(right(1, "ada", duress=True)),
        policy=Policy(passback="hard"),
        direction="in",
        last=Passage("in", NOON_MS - HOUR_MS),
        is_online=True,
    )
    assert decided is not None
    assert (decided.is_granted, decided.is_duress, decided.warning) == (
        True,
        True,
        "anti_passback",
    )

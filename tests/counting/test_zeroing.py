from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.counting.zeroing import Signs, ZeroRules, due_zero

PARIS = ZoneInfo("Europe/Paris")
RULES = ZeroRules(night_hour=4, empty_after_s=1_800)
MINUTE_MS = 60_000


def signs(**changed: object) -> Signs:
    fields: dict[str, object] = {
        "now_ms": 60 * MINUTE_MS,
        "local_at": datetime(2026, 11, 24, 12, tzinfo=PARIS),
        "last_passage_ms": None,
        "seen_now": False,
        "last_seen_ms": None,
        "door_closed": None,
    }
    return Signs(**(fields | changed))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"last_seen_ms": 30 * MINUTE_MS}, "empty"),
        ({"last_seen_ms": 31 * MINUTE_MS}, None),
        ({"last_seen_ms": 0, "last_passage_ms": 40 * MINUTE_MS}, None),
        ({"last_seen_ms": 0, "door_closed": True}, "empty"),
        ({"last_seen_ms": 0, "door_closed": False}, None),
        ({"last_seen_ms": 0, "seen_now": True}, None),
    ],
)
def test_a_room_is_surely_empty_only_behind_a_closed_door_and_in_long_quiet(
    told: dict[str, object], expected: str | None
):
    assert due_zero(RULES, signs(**told), date(2026, 11, 24)) == expected


@pytest.mark.parametrize(
    ("hour", "seen", "expected"), [(3, False, None), (4, False, "night"), (4, True, None)]
)
def test_the_night_s_zero_waits_for_its_hour_and_for_who_is_still_there(
    hour: int, seen: bool, expected: str | None
):
    now = signs(local_at=datetime(2026, 11, 25, hour, tzinfo=PARIS), seen_now=seen)
    assert due_zero(RULES, now, date(2026, 11, 24)) == expected


def test_without_a_trusted_clock_there_is_no_night():
    assert due_zero(RULES, signs(local_at=None), date(2026, 11, 20)) is None

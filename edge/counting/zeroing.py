"""When nobody is inside for certain, so that the count may start anew.

Rules of this file: pure. Three ways to know: the hour of the night at which the place is empty
by its rules; sensors that have seen nobody for long behind a closed door; and, told from
outside, the key of a vehicle off at its depot or the word of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class ZeroRules:
    """When to start anew. `night_hour`: local; None: never by the clock."""

    night_hour: int | None = 4
    empty_after_s: float | None = 1_800.0
    """A PIR sees nobody who sits still; after half an hour somebody has moved. None: never."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known at `now_ms` of the boot clock."""

    now_ms: int
    local_at: datetime | None
    """The local time; None while the clock is not trusted."""
    last_passage_ms: int | None
    seen_now: bool
    """A presence sensor sees somebody."""
    last_seen_ms: int | None
    """When one last did; None where there are none, or none has answered yet."""
    door_closed: bool | None
    """None where the door has no contact."""


def service_day(local_at: datetime, night_hour: int) -> date:
    """The day that a moment belongs to, where days begin at `night_hour`."""
    return (local_at - timedelta(hours=night_hour)).date()


def due_zero(
    rules: ZeroRules, signs: Signs, zeroed_on: date | None
) -> Literal["night", "empty"] | None:
    """The reason to start anew now, if there is one.

    `zeroed_on`: the service day of the last zero by night; None where there was none.
    """
    if signs.seen_now:
        return None
    if rules.night_hour is not None and signs.local_at is not None:
        today = service_day(signs.local_at, rules.night_hour)
        if zeroed_on is not None and today > zeroed_on:
            return "night"
    return "empty" if _is_surely_empty(rules, signs) else None


def _is_surely_empty(rules: ZeroRules, signs: Signs) -> bool:
    if rules.empty_after_s is None or signs.last_seen_ms is None or signs.door_closed is False:
        return False
    quiet_since_ms = max(signs.last_seen_ms, signs.last_passage_ms or 0)
    return signs.now_ms - quiet_since_ms >= rules.empty_after_s * 1_000

"""Weekly opening hours in local time, holidays and changes of the clock included.

Rules of this file: pure. A window belongs to the local day on which it starts; one that ends at
or before its start runs on into the next day. The hands of the wall clock decide: in the hour
that an autumn night has twice, a window is open twice.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from contract.rights import Schedule, Window

DAY_MIN = 1_440
LOOK_AHEAD_DAYS = 8
"""A weekly schedule shows every window at least once in so many days."""


def local_time(utc_ms: int, zone: tzinfo) -> datetime:
    """The wall clock at `utc_ms`."""
    return datetime.fromtimestamp(utc_ms / 1_000, zone)


def is_open(schedule: Schedule, holidays: Collection[str], zone: tzinfo, utc_ms: int) -> bool:
    """Whether the schedule holds at `utc_ms`."""
    now = local_time(utc_ms, zone)
    minute = now.hour * 60 + now.minute
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    return any(
        (_starts_on(window, today, schedule, holidays) and _covers(window, minute))
        or (_starts_on(window, yesterday, schedule, holidays) and _covers(window, minute + DAY_MIN))
        for window in schedule.windows
    )


def next_opening_ms(
    schedule: Schedule, holidays: Collection[str], zone: tzinfo, utc_ms: int
) -> int | None:
    """The start of the next window after `utc_ms`, or None in the coming week."""
    today = local_time(utc_ms, zone).date()
    starts = (
        start_ms
        for ahead in range(LOOK_AHEAD_DAYS)
        for window in schedule.windows
        if _starts_on(window, day := today + timedelta(days=ahead), schedule, holidays)
        and (start_ms := _moment_ms(day, window.start_min, zone)) > utc_ms
        and window.start_min != window.end_min
    )
    return min(starts, default=None)


def midnight_ms(utc_ms: int, zone: tzinfo) -> int:
    """The beginning of the local day in which `utc_ms` lies."""
    return _moment_ms(local_time(utc_ms, zone).date(), 0, zone)


def _starts_on(window: Window, day: date, schedule: Schedule, holidays: Collection[str]) -> bool:
    if not window.weekdays >> day.weekday() & 1:
        return False
    return schedule.on_holidays or day.isoformat() not in holidays


def _covers(window: Window, minute: int) -> bool:
    """`minute` counts from the midnight before the window starts."""
    end_min = window.end_min
    if end_min < window.start_min:
        end_min += DAY_MIN
    return window.start_min <= minute < end_min


def _moment_ms(day: date, minute: int, zone: tzinfo) -> int:
    days, rest = divmod(minute, DAY_MIN)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return int(wall.astimezone(UTC).timestamp() * 1_000)

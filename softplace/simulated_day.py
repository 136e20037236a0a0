"""What time it is in a simulated territory, so that buses move whenever somebody looks.

Rules of this file: pure. Simulated time starts on a past day with a market, goes on from where it
stopped, jumps over nights and days without service when it is started again, and never goes
back: what is stored would otherwise be newer than what is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

import msgspec

from contract.territory_file import Cancellation, Territory

FIRST_START = time(8, 5)
"""Buses come in, trucks set out, and the first market is an hour away."""
MORNING = time(6, 45)
EVENING = time(19, 30)
LEAST_DAYS_BACK = 7
MOST_DAYS_BACK = 40
"""Positions are kept two months: older ones would be swept while they are shown."""
LOOK_AHEAD_DAYS = 30
FULL_SERVICE = 0.5
"""A day has service when it has at least this share of the busiest day's trips."""


def first_start_ms(territory: Territory, now_ms: int, speed: float) -> int:
    """The UTC ms at which a new installation starts its simulated day.

    So far back that a whole day of running at `speed` does not reach the present.
    """
    back = max(LEAST_DAYS_BACK, math.ceil(max(speed - 1.0, 0.0)) + 1)
    day = _local(territory, now_ms).date() - timedelta(days=min(back, MOST_DAYS_BACK))
    weekday = richest_weekday(territory)
    while day.isoweekday() != weekday:
        day -= timedelta(days=1)
    return _utc_ms(territory, day, FIRST_START)


def resumed_start_ms(territory: Territory, stopped_ms: int, now_ms: int) -> int:
    """The UTC ms at which an installation goes on that stopped at `stopped_ms`.

    There, if it was day; else the next morning with service; never after `now_ms`.
    """
    local = _local(territory, stopped_ms)
    day = local.date()
    if _has_service(territory, day) and MORNING <= local.time() < EVENING:
        return min(stopped_ms, now_ms)
    if local.time() >= MORNING:
        day += timedelta(days=1)
    while not _has_service(territory, day):
        day += timedelta(days=1)
    return min(_utc_ms(territory, day, MORNING), now_ms)


def richest_weekday(territory: Territory) -> int:
    """The ISO weekday, Monday to Friday, with most market services, then most trips."""
    return max(range(1, 6), key=lambda weekday: _richness(territory, weekday))


def with_repeated_cancellations(territory: Territory, first: date) -> Territory:
    """The territory with each of its cancellations repeated on every day from `first` on.

    A demonstration runs on whatever day it is started, and should show this state too.
    """
    weekdays = {trip.trip_id: trip.weekdays for trip in territory.trips}
    repeated = tuple(
        msgspec.structs.replace(cancellation, date=day.isoformat())
        for cancellation in _once_each(territory)
        for day in islice((first + timedelta(days=n) for n in count()), LOOK_AHEAD_DAYS)
        if day.isoweekday() in weekdays[cancellation.trip_id]
    )
    return msgspec.structs.replace(territory, cancellations=repeated)


def service_day(territory: Territory, at_ms: int) -> date:
    """The local date of a moment."""
    return _local(territory, at_ms).date()


def _once_each(territory: Territory) -> Iterator[Cancellation]:
    seen: set[str] = set()
    for cancellation in territory.cancellations:
        if cancellation.trip_id not in seen:
            seen.add(cancellation.trip_id)
            yield cancellation


def _richness(territory: Territory, weekday: int) -> tuple[int, int]:
    services = sum(len(m.services) for m in territory.markets if weekday in m.weekdays)
    return services, _trips(territory, weekday)


def _has_service(territory: Territory, day: date) -> bool:
    most = max(_trips(territory, weekday) for weekday in range(1, 8))
    # A territory without any tracked trip has nothing to wait for.
    return _trips(territory, day.isoweekday()) >= FULL_SERVICE * most


def _trips(territory: Territory, weekday: int) -> int:
    return sum(1 for t in territory.trips if t.vehicle is not None and weekday in t.weekdays)


def _local(territory: Territory, at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(territory.timezone))


def _utc_ms(territory: Territory, day: date, at: time) -> int:
    return round(datetime.combine(day, at, ZoneInfo(territory.timezone)).timestamp() * 1_000)

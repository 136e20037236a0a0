"""Service days: weekdays, cancellations, midnight and the days when the clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest

from backend.territory.errors import UnknownTimezone
from backend.territory.service_days import Calendar
from tests.territory.sample import SAMPLE

PARIS = ZoneInfo("Europe/Paris")


def _local(moment_ms: int) -> str:
    return dt.datetime.fromtimestamp(moment_ms / 1_000, PARIS).strftime("%Y-%m-%d %H:%M")


def test_trips_run_on_their_weekdays_only():
    calendar = Calendar(SAMPLE)
    monday = {d.trip.trip_id for d in calendar.trips_of(dt.date(2026, 11, 23))}
    sunday = {d.trip.trip_id for d in calendar.trips_of(dt.date(2026, 11, 29))}
    assert {"b1-0800", "b4-0805"} <= monday
    assert sunday == set()


def test_a_cancelled_trip_stays_in_the_day_with_its_reason():
    calendar = Calendar(SAMPLE)
    thursday = {d.trip.trip_id: d for d in calendar.trips_of(dt.date(2026, 11, 26))}
    friday = {d.trip.trip_id: d for d in calendar.trips_of(dt.date(2026, 11, 27))}
    assert thursday["b7-0905"].cancellation is not None
    assert thursday["b7-0905"].cancellation.reason == "snow_pass"
    assert friday["b7-0905"].cancellation is None


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        (dt.date(2026, 11, 26), "+0100"),
        (dt.date(2026, 7, 14), "+0200"),
        (dt.date(2026, 3, 29), "+0200"),  # clocks go forward at 2 in the night
        (dt.date(2026, 10, 25), "+0100"),  # and back
    ],
)
def test_a_time_of_day_is_what_the_clock_on_the_wall_shows(date: dt.date, offset: str):
    moment_ms = Calendar(SAMPLE).moment_ms(date, 7 * 60 + 20)
    local = dt.datetime.fromtimestamp(moment_ms / 1_000, PARIS)
    assert local.strftime("%Y-%m-%d %H:%M %z") == f"{date} 07:20 {offset}"


def test_a_time_past_midnight_belongs_to_the_next_date():
    moment_ms = Calendar(SAMPLE).moment_ms(dt.date(2026, 11, 26), 25 * 60 + 10)
    assert _local(moment_ms) == "2026-11-27 01:10"


def test_the_days_around_a_moment_are_local_days():
    calendar = Calendar(SAMPLE)
    just_after_midnight_ms = calendar.moment_ms(dt.date(2026, 11, 26), 1)
    days = list(calendar.days_around(just_after_midnight_ms))
    assert days == [dt.date(2026, 11, 25), dt.date(2026, 11, 26), dt.date(2026, 11, 27)]


def test_an_unknown_time_zone_is_said_with_what_to_write():
    with pytest.raises(UnknownTimezone, match=r"Europe/Lozere.*Europe/Paris"):
        Calendar(msgspec.structs.replace(SAMPLE, timezone="Europe/Lozere"))

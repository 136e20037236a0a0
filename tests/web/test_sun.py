"""Day and night by civil dawn and dusk of the place."""

from __future__ import annotations

import datetime as dt

import pytest

from backend.web import sun
from tests.arrivals.scene import at

_LE_BLEYMARD = (44.484, 3.737)


@pytest.mark.parametrize(
    ("date", "hour", "minute", "light"),
    [
        (dt.date(2026, 11, 26), 7, 20, "night"),
        (dt.date(2026, 11, 26), 7, 40, "day"),
        (dt.date(2026, 11, 26), 17, 30, "day"),
        (dt.date(2026, 11, 26), 17, 45, "night"),
        (dt.date(2026, 6, 21), 5, 10, "night"),
        (dt.date(2026, 6, 21), 5, 40, "day"),
        (dt.date(2026, 6, 21), 21, 50, "day"),
        (dt.date(2026, 6, 21), 22, 15, "night"),
    ],
)
def test_light_follows_the_sun(date: dt.date, hour: int, minute: int, light: str):
    assert sun.light(at(hour, minute, day=date), *_LE_BLEYMARD) == light


def test_the_sun_is_high_at_noon_of_the_solstice():
    # Solar noon at 3.737 E is near 13:47 summer time; 90 - 44.48 + 23.44 degrees.
    height = sun.elevation_deg(at(13, 47, day=dt.date(2026, 6, 21)), *_LE_BLEYMARD)
    assert height == pytest.approx(68.95, abs=0.1)


def test_the_polar_night_has_no_day():
    longyearbyen = (78.2, 15.6)
    assert {sun.light(at(h, day=dt.date(2026, 12, 21)), *longyearbyen) for h in range(24)} == {
        "night"
    }

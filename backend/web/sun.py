"""Whether it is day or night at a place: civil dawn and dusk, never a fixed hour.

Low-precision solar position of the Astronomical Almanac: better than 0.02 degrees until 2050.
"""

from __future__ import annotations

import math

from backend.web.tokens import Light

CIVIL_TWILIGHT_DEG = -6.0
_J2000_MS = 946_728_000_000
"""2000-01-01 12:00 UTC."""
_DAY_MS = 86_400_000


def elevation_deg(moment_ms: int, latitude: float, longitude: float) -> float:
    """Height of the sun's centre over the horizon, refraction left out."""
    days = (moment_ms - _J2000_MS) / _DAY_MS
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360.0)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360.0)
    ecliptic = mean_longitude + math.radians(
        1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    )
    tilt = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal_deg = (280.46061837 + 360.98564736629 * days) % 360.0
    hour_angle = math.radians(sidereal_deg + longitude) - right_ascension
    height = math.asin(
        math.sin(math.radians(latitude)) * math.sin(declination)
        + math.cos(math.radians(latitude)) * math.cos(declination) * math.cos(hour_angle)
    )
    return math.degrees(height)


def light(moment_ms: int, latitude: float, longitude: float) -> Light:
    """Day from civil dawn to civil dusk of the place, else night."""
    up = elevation_deg(moment_ms, latitude, longitude) > CIVIL_TWILIGHT_DEG
    return "day" if up else "night"

"""Metres travelled, from fixes that jitter and sometimes jump.

Rules of this file: pure. A standing receiver wanders some metres all day; that is no travel.
A fix that would need an impossible speed is a jump of the receiver; it is no travel either.
"""

from __future__ import annotations

import math

from edge.drivers.position_source import Fix

EARTH_RADIUS_M = 6_371_008.8
MOVING_M_S = 1.0
"""Receivers at rest report up to about 0.5 m/s."""
STEP_MOVING_M = 5.0
STEP_STANDING_M = 25.0
CLOCK_STEP_MS = 60_000
"""A fix older than this by that much means the clock was set back, not that it came late."""
FASTEST_M_S = 60.0
"""216 km/h; no bus or truck of a territory drives that."""


class Odometer:
    """`metres` only grows. It measures from the last counted point, so short steps add up."""

    def __init__(self, metres: float = 0.0) -> None:
        self.metres = metres
        self._from: Fix | None = None

    def add(self, fix: Fix) -> float:
        """The reading after `fix`, in metres."""
        last = self._from
        if last is None or fix.observed_ms < last.observed_ms - CLOCK_STEP_MS:
            self._from = fix
            return self.metres
        if fix.observed_ms <= last.observed_ms:
            return self.metres
        distance_m = distance(last, fix)
        if distance_m > FASTEST_M_S * (fix.observed_ms - last.observed_ms) / 1_000:
            self._from = fix
            return self.metres
        if distance_m >= _step(fix):
            self.metres += distance_m
            self._from = fix
        return self.metres


def distance(one: Fix, other: Fix) -> float:
    """Metres on the sphere between two fixes (haversine)."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    half_east = math.radians(other.longitude - one.longitude) / 2
    chord = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(half_east) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def _step(fix: Fix) -> float:
    """The least distance that is travel and not jitter."""
    moving = fix.speed_m_s is not None and fix.speed_m_s >= MOVING_M_S
    return STEP_MOVING_M if moving else max(STEP_STANDING_M, fix.accuracy_m or 0.0)

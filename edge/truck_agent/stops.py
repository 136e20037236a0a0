"""At which stop the vehicle stands, and when it has left it.

Rules of this file: pure; distances in metres. A stop of the plan is where the vehicle stands
within its radius, the nearest first. Elsewhere the place goes by a cell of about a kilometre:
counts are kept for two years, positions for two months, and a count must not tell a house.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from contract.downlink import PlannedStop
from edge.drivers.odometer import distance
from edge.drivers.position_source import Fix

STANDS_M_S = 1.0
LEFT_M_S = 3.0
LEFT_M = 60.0
"""So far from where it stood, or so fast, it has left."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop that the vehicle has left."""

    stop_id: str
    is_planned: bool


def metres_to(fix: Fix, latitude: float, longitude: float) -> float:
    """From a fix to a place."""
    return distance(fix, Fix(fix.observed_ms, latitude, longitude))


def stop_at(fix: Fix, stops: Sequence[PlannedStop], radius_m: float) -> str | None:
    """The nearest stop of the plan within its radius."""
    near = [
        (metres, stop.stop_id)
        for stop in stops
        if stop.latitude is not None
        and stop.longitude is not None
        and (metres := metres_to(fix, stop.latitude, stop.longitude)) <= radius_m
    ]
    return min(near)[1] if near else None


def coarse_place(fix: Fix) -> str:
    """About a kilometre of the map."""
    north = math.floor(fix.latitude * 100) / 100
    return f"place {north:.2f} {math.floor(fix.longitude * 100) / 100:.2f}"


class Stopping:
    """Where the vehicle stands, fix by fix."""

    def __init__(self, radius_m: float) -> None:
        self._radius_m = radius_m
        self._stands: Fix | None = None
        self._visit: Visit | None = None

    @property
    def visit(self) -> Visit | None:
        """Where it stands; None while it drives."""
        return self._visit

    def take(self, fix: Fix, stops: Sequence[PlannedStop]) -> Visit | None:
        """The stop that was left with this fix, if one was."""
        speed_m_s = 0.0 if fix.speed_m_s is None else fix.speed_m_s
        if self._stands is not None:
            far = distance(self._stands, fix) > LEFT_M
            if not far and speed_m_s <= LEFT_M_S:
                self._settle(fix, stops)
                return None
            left, self._visit, self._stands = self._visit, None, None
            return left
        if fix.speed_m_s is not None and speed_m_s <= STANDS_M_S:
            self._stands = fix
            self._settle(fix, stops)
        return None

    def _settle(self, fix: Fix, stops: Sequence[PlannedStop]) -> None:
        """A plan that came while it stands, or the last metres, may still tell which stop it is."""
        if self._visit is not None and self._visit.is_planned:
            return
        planned = stop_at(fix, stops, self._radius_m)
        self._visit = Visit(planned or coarse_place(fix), planned is not None)

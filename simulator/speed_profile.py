"""How far along a drive a vehicle is, and how fast it goes.

Rules of this file: pure. A drive starts and ends at rest; between, the speed rises, holds and
falls (a trapezium over time), and wavers as curves and villages ask. It never goes backwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ACCELERATION_M_S2 = 0.8
"""Gentle, as standing passengers need; braking the same."""
TOP_SPEED_M_S = 25.0
"""90 km/h, the limit of coaches outside motorways."""
MAX_WAVER = 0.4


def shortest_s(distance_m: float) -> float:
    """The least seconds in which a drive from rest to rest may cover `distance_m`."""
    to_top_m = TOP_SPEED_M_S**2 / ACCELERATION_M_S2
    if distance_m <= to_top_m:
        return 2 * math.sqrt(distance_m / ACCELERATION_M_S2)
    return distance_m / TOP_SPEED_M_S + TOP_SPEED_M_S / ACCELERATION_M_S2


@dataclass(frozen=True, slots=True)
class SpeedProfile:
    """A drive of `distance_m` in `duration_s`; `waver` are amplitudes, their sum under 1.

    `duration_s` is at least `shortest_s(distance_m)`.
    """

    distance_m: float
    duration_s: float
    waver: tuple[float, ...] = ()

    def at(self, elapsed_s: float) -> tuple[float, float]:
        """Metres covered and speed in m/s, `elapsed_s` after the start."""
        if self.duration_s <= 0 or elapsed_s >= self.duration_s:
            return self.distance_m, 0.0
        if elapsed_s <= 0:
            return 0.0, 0.0
        share = elapsed_s / self.duration_s
        warped, rate = share, 1.0
        for number, amplitude in enumerate(self.waver, 1):
            angle = 2 * math.pi * number * share
            warped += amplitude * math.sin(angle) / (2 * math.pi * number)
            rate += amplitude * math.cos(angle)
        covered_m, speed_m_s = self._trapezium(warped * self.duration_s)
        return covered_m, speed_m_s * rate

    def _trapezium(self, elapsed_s: float) -> tuple[float, float]:
        total_s, whole_m, rise = self.duration_s, self.distance_m, ACCELERATION_M_S2
        # The cruising speed v solves v * T - v^2 / a = D; the smaller root is the slow one.
        root = math.sqrt(max((rise * total_s) ** 2 - 4 * rise * whole_m, 0.0))
        cruise_m_s = (rise * total_s - root) / 2
        rising_s = cruise_m_s / rise
        if elapsed_s < rising_s:
            return rise * elapsed_s**2 / 2, rise * elapsed_s
        left_s = total_s - elapsed_s
        if left_s < rising_s:
            return whole_m - rise * left_s**2 / 2, rise * left_s
        return cruise_m_s * (elapsed_s - rising_s / 2), cruise_m_s

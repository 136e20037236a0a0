"""Where a vehicle is at any moment, and what its receiver would say.

Rules of this file: pure; asking twice gives the same answer, in any order.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from random import Random

from contract.territory_file import Territory
from simulator.duty import Duty, plan_duty, service_date
from simulator.geometry import Point, moved

NOISE_PERIODS_S = (41.0, 163.0, 607.0)
"""Errors of a receiver wander slowly, with the satellites and the air; they do not jump."""
NOISE_M = 1.3
STANDING_M_S = 0.05


@dataclass(frozen=True, slots=True)
class Motion:
    """A vehicle at one moment."""

    point: Point
    course_deg: float
    speed_m_s: float
    trip_id: str | None
    """The trip it is on: driving, or standing between two of its stops."""
    along_m: float
    """Metres from the start of the trip's way."""


def motion_in(duty: Duty, at_ms: float) -> Motion | None:
    """The vehicle at `at_ms`; None while its key is off."""
    if not duty.key_on_ms <= at_ms < duty.key_off_ms:
        return None
    index = bisect_right(duty.drives, at_ms, key=lambda drive: drive.start_ms) - 1
    drive = duty.drives[max(index, 0)]
    covered_m, speed_m_s = drive.profile.at((at_ms - drive.start_ms) / 1_000)
    along_m = drive.from_m + covered_m
    point, course_deg = drive.way.at(along_m)
    return Motion(point, course_deg, speed_m_s, _trip_at(duty, index, at_ms), along_m)


def _trip_at(duty: Duty, index: int, at_ms: float) -> str | None:
    if index < 0:
        return None
    drive = duty.drives[index]
    if at_ms < drive.end_ms:
        return drive.trip_id
    after = duty.drives[index + 1] if index + 1 < len(duty.drives) else None
    return drive.trip_id if after is not None and after.trip_id == drive.trip_id else None


class Receiver:
    """What a GPS receiver aboard would measure: the motion and a few metres of error."""

    def __init__(self, seed: int, unit: str) -> None:
        # S311: noise needs no secret.
        random = Random(f"{seed} {unit} receiver")  # noqa: S311
        self._phases = [(random.uniform(0, 1), random.uniform(0, 1)) for _ in NOISE_PERIODS_S]

    def measured(self, motion: Motion, at_ms: float) -> Motion:
        """The motion as the receiver gives it."""
        north_m = east_m = 0.0
        for period_s, (north, east) in zip(NOISE_PERIODS_S, self._phases, strict=True):
            turns = at_ms / 1_000 / period_s
            north_m += NOISE_M * math.sin(2 * math.pi * (turns + north))
            east_m += NOISE_M * math.sin(2 * math.pi * (turns + east))
        standing = motion.speed_m_s < STANDING_M_S
        return Motion(
            moved(motion.point, north_m, east_m),
            motion.course_deg,
            0.0 if standing else motion.speed_m_s,
            motion.trip_id,
            motion.along_m,
        )


class Duties:
    """Every vehicle's duty of any day, planned when first asked for."""

    def __init__(self, territory: Territory, seed: int) -> None:
        self._territory = territory
        self._seed = seed
        self._planned: dict[str, tuple[date, Duty]] = {}

    def motion(self, unit: str, at_ms: float) -> Motion | None:
        """The vehicle at `at_ms`; None while its key is off."""
        return motion_in(self.duty(unit, at_ms), at_ms)

    def duty(self, unit: str, at_ms: float) -> Duty:
        """The duty of the service day of `at_ms`; yesterday's is forgotten."""
        day = service_date(at_ms, self._territory.timezone)
        planned = self._planned.get(unit)
        if planned is None or planned[0] != day:
            planned = day, plan_duty(self._territory, unit, day, self._seed)
            self._planned[unit] = planned
        return planned[1]

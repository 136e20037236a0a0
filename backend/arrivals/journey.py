"""A trip of one day laid on the ground: each stop visit at its distance along the track."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from backend.arrivals.track import Track
from backend.territory.service_days import DatedTrip


@dataclass(frozen=True, slots=True)
class Journey:
    """A dated trip with its track; `stop_along_m` has one distance for each visit."""

    dated: DatedTrip
    track: Track
    stop_along_m: tuple[float, ...]
    speed_m_s: float
    """Class speed of its vehicle."""

    def scheduled_along_m(self, moment_ms: int) -> float:
        """Where the timetable puts the vehicle at a moment."""
        visits = self.dated.visits
        index = bisect.bisect_right([v.arrival_ms for v in visits], moment_ms) - 1
        if index < 0:
            return self.stop_along_m[0]
        if index == len(visits) - 1 or moment_ms <= visits[index].departure_ms:
            return self.stop_along_m[index]
        leaves, arrives = visits[index].departure_ms, visits[index + 1].arrival_ms
        share = (moment_ms - leaves) / (arrives - leaves) if arrives > leaves else 1.0
        here, there = self.stop_along_m[index], self.stop_along_m[index + 1]
        return here + min(share, 1.0) * (there - here)

    def deviation_s(self, along_m: float, moment_ms: int, at_stop_m: float) -> float:
        """Seconds behind the timetable of a vehicle at `along_m`; negative when early."""
        visits = self.dated.visits
        for visit, stop_m in zip(visits, self.stop_along_m, strict=True):
            if abs(along_m - stop_m) <= at_stop_m:
                late_ms = max(moment_ms - visit.departure_ms, 0)
                early_ms = max(visit.arrival_ms - moment_ms, 0)
                return (late_ms - early_ms) / 1_000
        index = self.next_index(along_m)
        if index in {0, len(visits)}:
            visit = visits[0] if index == 0 else visits[-1]
            return (moment_ms - visit.arrival_ms) / 1_000
        here, there = self.stop_along_m[index - 1], self.stop_along_m[index]
        leaves, arrives = visits[index - 1].departure_ms, visits[index].arrival_ms
        share = (along_m - here) / (there - here) if there > here else 0.0
        return (moment_ms - (leaves + share * (arrives - leaves))) / 1_000

    def next_index(self, along_m: float) -> int:
        """Index of the first visit not before `along_m`; the number of visits when past all."""
        return bisect.bisect_left(self.stop_along_m, along_m)


def stops_along(track: Track, places: list[tuple[float, float]]) -> tuple[float, ...]:
    """Distances of stops that are visited in this order."""
    found: list[float] = []
    for latitude, longitude in places:
        start = found[-1] if found else 0.0
        found.append(track.project(latitude, longitude, from_m=start).along_m)
    return tuple(found)

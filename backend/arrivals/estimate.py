"""When a vehicle that was seen on its way reaches a stop: distance over speed, plus dwell.

Rules of this file: pure. The present speed counts up to the next stop and never below the
class speed; beyond, the class speed. Nobody leaves a stop before the promised time, so a
vehicle that is early waits. It knows nothing of traffic, weather or habits.
"""

from __future__ import annotations

from backend.arrivals.settings import ArrivalSettings
from backend.arrivals.sighting import Sighting


def arrival_ms(sighting: Sighting, index: int, settings: ArrivalSettings) -> int:
    """Expected arrival at visit `index` of the journey, as known when the vehicle was seen.

    A stop already behind the vehicle gives the moment of the sighting.
    """
    journey = sighting.journey
    moment_ms = float(sighting.observed_ms)
    along_m = sighting.along_m
    speed_m_s = max(sighting.position.speed_m_s or 0.0, journey.speed_m_s)
    for n in range(_first_ahead(sighting, settings), index + 1):
        stop_m = journey.stop_along_m[n]
        moment_ms += max(stop_m - along_m, 0.0) / speed_m_s * 1_000
        if n < index:
            visit = journey.dated.visits[n]
            dwell_ms = max(visit.departure_ms - visit.arrival_ms, settings.dwell_s * 1_000)
            moment_ms = max(moment_ms + dwell_ms, visit.departure_ms)
        along_m, speed_m_s = max(along_m, stop_m), journey.speed_m_s
    return round(moment_ms)


def has_passed(sighting: Sighting, index: int, settings: ArrivalSettings) -> bool:
    """Whether the vehicle was seen beyond visit `index`."""
    return sighting.along_m > sighting.journey.stop_along_m[index] + settings.passed_m


def is_at_stop(sighting: Sighting, index: int, settings: ArrivalSettings) -> bool:
    """Whether the vehicle was seen standing at visit `index`."""
    distance_m = abs(sighting.along_m - sighting.journey.stop_along_m[index])
    speed_m_s = sighting.position.speed_m_s
    standing = speed_m_s is not None and speed_m_s <= settings.standing_m_s
    return standing and distance_m <= settings.at_stop_m


def _first_ahead(sighting: Sighting, settings: ArrivalSettings) -> int:
    """The stop it stands at counts as ahead: it has not left it."""
    return sighting.journey.next_index(sighting.along_m - settings.at_stop_m)

"""Which trip a vehicle is on, judged from its newest position alone.

Rules of this file: pure; the judgement is as of the measurement, not of now, so that a silent
vehicle stays on the trip where it was last seen and a late reading changes nothing newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend.arrivals.journey import Journey
from backend.arrivals.settings import ArrivalSettings
from backend.live.model import LivePosition

_EARLY_COSTS = 3.0
"""A vehicle is more likely late on one trip than early on another."""
_ARRIVED_COSTS = 1e6
_SURE_OF_COURSE_M_S = 3.0
_OPPOSITE_DEG = 100.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A vehicle seen on a journey."""

    journey: Journey
    position: LivePosition
    along_m: float

    @property
    def observed_ms(self) -> int:
        """When it was seen there."""
        return self.position.observed_ms

    @property
    def next_index(self) -> int:
        """Index of the visit it makes next."""
        return self.journey.next_index(self.along_m)


def sight(
    position: LivePosition, journeys: Iterable[Journey], settings: ArrivalSettings
) -> Sighting | None:
    """The journey that explains the position best, or None if none does."""
    best: tuple[float, Sighting] | None = None
    for journey in journeys:
        if not _could_run(position.observed_ms, journey, settings):
            continue
        judged = _judge(position, journey, settings)
        if judged is not None and (best is None or judged[0] < best[0]):
            best = judged
    return None if best is None else best[1]


def _judge(
    position: LivePosition, journey: Journey, settings: ArrivalSettings
) -> tuple[float, Sighting] | None:
    """What it costs to believe that the vehicle is on this journey; None where it cannot be."""
    moment_ms = position.observed_ms
    seen = journey.track.project(
        position.latitude, position.longitude, near_m=journey.scheduled_along_m(moment_ms)
    )
    if seen.off_m > settings.off_route_m:
        return None
    sighting = Sighting(journey, position, seen.along_m)
    cost: float | None
    if journey.stop_along_m[-1] - seen.along_m <= settings.at_stop_m:
        cost = _cost_of_arrived(moment_ms, journey, settings)
    else:
        cost = _cost_under_way(sighting, seen.heading_deg, settings)
    return None if cost is None else (cost, sighting)


def _could_run(moment_ms: int, journey: Journey, settings: ArrivalSettings) -> bool:
    opens_ms = journey.dated.start_ms - settings.waits_before_s * 1_000
    return opens_ms <= moment_ms <= journey.dated.end_ms + settings.plausible_late_s * 1_000


def _cost_of_arrived(moment_ms: int, journey: Journey, settings: ArrivalSettings) -> float | None:
    """Any trip that it can be on instead explains an arrived vehicle better."""
    after_s = (moment_ms - journey.dated.end_ms) / 1_000
    return None if after_s < -settings.plausible_early_s else _ARRIVED_COSTS + abs(after_s)


def _cost_under_way(
    sighting: Sighting, heading_deg: float, settings: ArrivalSettings
) -> float | None:
    journey, along_m = sighting.journey, sighting.along_m
    at_start = along_m - journey.stop_along_m[0] <= settings.at_stop_m
    if not at_start and _drives_against(sighting.position, heading_deg):
        return None
    deviation_s = journey.deviation_s(along_m, sighting.observed_ms, settings.at_stop_m)
    earliest_s = settings.waits_before_s if at_start else settings.plausible_early_s
    if not -earliest_s <= deviation_s <= settings.plausible_late_s:
        return None
    if deviation_s >= 0:
        return deviation_s
    return -deviation_s * (1.0 if at_start else _EARLY_COSTS)


def _drives_against(position: LivePosition, heading_deg: float) -> bool:
    if position.course_deg is None or (position.speed_m_s or 0.0) < _SURE_OF_COURSE_M_S:
        return False
    turn = abs((position.course_deg - heading_deg + 180.0) % 360.0 - 180.0)
    return turn > _OPPOSITE_DEG

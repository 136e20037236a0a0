"""The vehicles of a territory, each with its honest state, for a map or a list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.arrivals.departure_state import Evidence
from backend.arrivals.model import State
from backend.arrivals.plans import Plans
from backend.arrivals.settings import ArrivalSettings
from backend.arrivals.sighting import Sighting
from backend.live.model import LivePosition
from backend.territory.service_days import DatedTrip
from contract.territory_file import Vehicle


@dataclass(frozen=True, slots=True)
class VehicleState:
    """One vehicle; `position` is the last measured one, whatever its age."""

    vehicle: Vehicle
    state: State
    position: LivePosition | None = None
    sighting: Sighting | None = None
    dated: DatedTrip | None = None
    """The trip it is on; if not followed, the one that should be running or comes next today."""
    resting: bool = False
    """It said that it is asleep or offline: nothing is wrong."""

    @property
    def last_stop_id(self) -> str | None:
        """The last stop it was seen to pass on its trip."""
        if self.sighting is None or self.sighting.next_index == 0:
            return None
        return self.sighting.journey.dated.visits[self.sighting.next_index - 1].stop_id

    @property
    def next_stop_id(self) -> str | None:
        """The stop it was driving to when last seen."""
        if self.sighting is None:
            return None
        visits = self.sighting.journey.dated.visits
        return visits[min(self.sighting.next_index, len(visits) - 1)].stop_id


def fleet(
    plans: Plans,
    evidence: Mapping[str, Evidence],
    positions: Mapping[str, LivePosition],
    now_ms: int,
    settings: ArrivalSettings,
) -> tuple[VehicleState, ...]:
    """Every vehicle, in the order of the territory file; mappings are by unit."""
    return tuple(
        _judge(
            plans,
            vehicle,
            evidence.get(vehicle.unit, Evidence()),
            positions.get(vehicle.unit),
            now_ms,
            settings,
        )
        for vehicle in plans.territory.vehicles
    )


def _judge(
    plans: Plans,
    vehicle: Vehicle,
    evidence: Evidence,
    position: LivePosition | None,
    now_ms: int,
    settings: ArrivalSettings,
) -> VehicleState:
    due = _due_trip(plans, vehicle.unit, now_ms)
    cancelled = due is not None and due.cancellation is not None and due.start_ms <= now_ms
    off = State.NOT_COMING if cancelled else State.TIMETABLE
    if position is None or evidence.said_goodbye:
        return VehicleState(vehicle, off, dated=due, resting=evidence.said_goodbye)
    age_s = (now_ms - position.observed_ms) / 1_000
    if age_s <= settings.live_s:
        state = State.LIVE
    elif age_s <= settings.no_contact_s:
        state = State.LIVE_AGEING
    else:
        state = State.NO_CONTACT
    sighting = evidence.sighting
    on_trip = sighting.journey.dated if sighting is not None else due
    return VehicleState(vehicle, state, position, sighting, on_trip)


def _due_trip(plans: Plans, unit: str, now_ms: int) -> DatedTrip | None:
    """The trip of the day that should be running, else the next one of the day."""
    for date in plans.calendar.days_around(now_ms, ahead=0):
        for dated in plans.calendar.trips_of(date):
            if dated.trip.vehicle == unit and dated.end_ms >= now_ms:
                return dated
    return None

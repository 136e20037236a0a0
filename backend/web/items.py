"""The list that says the same as the map: each vehicle and space, its state, where it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from backend.arrivals.fleet import VehicleState
from backend.arrivals.model import State
from backend.arrivals.sighting import Sighting
from backend.arrivals.track import Track
from backend.live.model import LivePosition, UnitState
from backend.web.context import Context
from backend.web.formats import Language, hours, spaced
from backend.web.map_marks import planned_stop_id, unit_key
from backend.web.moment import Moment
from backend.web.occupancy import Counted, occupancy_of, persons
from backend.web.words import say
from contract.territory_file import Space

_NEAR_STOP_M = 250.0


@dataclass(frozen=True, slots=True)
class Item:
    """A vehicle or a space in the list."""

    key: str
    name: str
    state: State
    word: str
    cut_word: str
    """The state when nobody can be asked any more."""
    where: str
    since_ms: int | None
    since_is: str = "age"


def vehicle_item(
    context: Context, vehicle: VehicleState, moment: Moment, language: Language
) -> Item:
    """A vehicle in the list."""
    word = say(language, vehicle.state.value)
    if vehicle.resting:
        word = say(language, "resting")
    elif vehicle.state is State.TIMETABLE and vehicle.dated is None:
        word = say(language, "not_today")
    cut = State.NO_CONTACT.value if vehicle.state.is_measured else vehicle.state.value
    position = vehicle.position
    return Item(
        key=unit_key(vehicle.vehicle.unit),
        name=spaced(vehicle.vehicle.name, language),
        state=vehicle.state,
        word=word,
        cut_word=say(language, cut) if vehicle.state.is_measured else word,
        where=_where(context, vehicle, moment, language),
        since_ms=None if position is None else position.observed_ms,
        since_is="lasting" if vehicle.state is State.NO_CONTACT else "age",
    )


def _where(context: Context, vehicle: VehicleState, moment: Moment, language: Language) -> str:
    stops = context.arrivals.plans.stops
    if vehicle.sighting is not None:
        return _on_its_way(context, vehicle, vehicle.sighting, language)
    if vehicle.position is not None:
        near = _stop_near(context, vehicle.position)
        if near:
            return say(language, "at_place", place=spaced(near, language))
        return say(language, "on_map")
    if vehicle.dated is not None and not vehicle.resting:
        place = stops[planned_stop_id(vehicle, moment.now_ms)].name
        return say(language, "by_timetable_at", place=spaced(place, language))
    return ""


def _on_its_way(
    context: Context, vehicle: VehicleState, sighting: Sighting, language: Language
) -> str:
    """At a stop of its trip, or between two."""
    stops, journey = context.arrivals.plans.stops, sighting.journey
    for visit, along_m in zip(journey.dated.visits, journey.stop_along_m, strict=True):
        if abs(along_m - sighting.along_m) <= _NEAR_STOP_M:
            return say(language, "at_place", place=spaced(stops[visit.stop_id].name, language))
    ahead = spaced(stops[vehicle.next_stop_id or ""].name, language)
    if vehicle.last_stop_id is None:
        return say(language, "towards", next=ahead)
    behind = spaced(stops[vehicle.last_stop_id].name, language)
    return say(language, "near", place=behind, next=ahead)


def _stop_near(context: Context, position: LivePosition) -> str:
    """The stop where a vehicle without a trip stands; nothing if there is none."""
    for stop in context.territory.stops:
        here = Track([(stop.latitude, stop.longitude)])
        if here.project(position.latitude, position.longitude).off_m <= _NEAR_STOP_M:
            return stop.name
    return ""


def _since_ms(state: UnitState, counted: Counted | None) -> int | None:
    """Of a space: since when it is silent, else how old the count is, else when it was heard."""
    if state.presence == "lost":
        return state.presence_ms
    return state.heard_ms if counted is None else counted.observed_ms


def space_item(space: Space, state: UnitState, moment: Moment, language: Language) -> Item:
    """A space in the list: heard or not, open or closed."""
    minute = moment.local.hour * 60 + moment.local.minute
    is_open = moment.local.isoweekday() in space.weekdays and (
        space.opens_min <= minute < space.closes_min
    )
    opening = (
        say(language, "space_open", t=hours(space.closes_min))
        if is_open
        else say(language, "space_closed")
    )
    silent = state.presence == "lost"
    heard = state.presence == "online"
    counted = occupancy_of(state) if is_open else None
    shown = State.NO_CONTACT if silent else State.LIVE if heard else State.TIMETABLE
    return Item(
        key=unit_key(space.unit),
        name=spaced(space.name, language),
        state=shown,
        word=say(language, f"presence_{state.presence}"),
        cut_word=say(language, "presence_lost" if heard else f"presence_{state.presence}"),
        where=opening if counted is None else f"{opening} · {persons(counted, language)}",
        since_ms=_since_ms(state, counted),
        since_is="lasting" if silent else "age",
    )

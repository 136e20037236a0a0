"""What moves or changes on the map: vehicles, markets of the day, open spaces. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.arrivals.fleet import VehicleState
from backend.arrivals.model import State
from backend.arrivals.plans import Plans
from backend.live.model import UnitState
from backend.web.formats import Language, age, spaced
from backend.web.map_ground import Ground
from backend.web.map_space import Box, Room, Spot, around, square, text_width
from backend.web.moment import Moment
from backend.web.occupancy import Counted, occupancy_of, persons
from contract.territory_file import Space

CHIP_PX = 14
PLACE_LABEL_PX = 12
_LONGEST_AGE: dict[Language, str] = {"fr": "il y a 59 min", "en": "59 min ago"}
_MARK_PX = 26.0
_CHIP_GAPS = (16, 26, 42, 60)
"""A label that stands off is tied to its mark by a line."""
_TIED_FROM_PX = 20.0
_NUDGES = ((0, 0), (27, 0), (-27, 0), (0, 27), (0, -27), (27, 27), (-27, -27), (54, 0), (-54, 0))


@dataclass(frozen=True, slots=True)
class VehicleMark:
    """A vehicle on the map, with its label to one side."""

    key: str
    is_truck: bool
    state: State
    label: str
    spot: Spot
    chip: Box
    """Relative to the spot."""
    tie: Spot | None
    """The end of a line to a label that stands off; relative to the spot."""
    trail: Spot | None
    """The next expected stop of a vehicle without contact."""


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """A market held today or a space that is open."""

    kind: str
    name: str
    spot: Spot
    silent: bool = False
    label: str = ""
    """How many are inside; nothing where no label finds room."""
    label_box: Box | None = None
    """Relative to the spot."""
    counted_ms: int | None = None


def unit_key(unit: str) -> str:
    """The unit as part of an element's id."""
    return unit.replace("/", "-")


def place_marks(
    plans: Plans,
    ground: Ground,
    spaces: Sequence[tuple[Space, UnitState]],
    moment: Moment,
    language: Language,
    room: Room,
) -> tuple[PlaceMark, ...]:
    """Markets of the day and open or silent spaces, each beside its stop."""
    today, minute = moment.local.date(), moment.local.hour * 60 + moment.local.minute
    found: list[tuple[str, str, Spot, bool, Counted | None]] = []
    for space, state in spaces:
        is_open = today.isoweekday() in space.weekdays and (
            space.opens_min <= minute < space.closes_min
        )
        silent = state.presence == "lost"
        if is_open or silent:
            spot = ground.projection.spot(space.latitude, space.longitude)
            counted = occupancy_of(state) if is_open else None
            found.append(("coworking", spaced(space.name, language), spot, silent, counted))
    for market in plans.territory.markets:
        if plans.calendar.is_market_day(market, today) and minute < market.closes_min:
            stop = plans.stops[market.stop_id]
            spot = ground.projection.spot(stop.latitude, stop.longitude)
            found.append(("market", spaced(market.place, language), spot, False, None))
    marks, counts = [], []
    for kind, name, spot, silent, counted in found:
        box = room.best(around(spot, _MARK_PX, _MARK_PX, 11))
        if box is not None:
            room.boxes.append(box)
            marks.append(PlaceMark(kind, name, box.centre, silent))
            counts.append(counted)
    # Every mark has its place before the first label takes one.
    return tuple(
        mark if counted is None else _counted(mark, counted, language, room)
        for mark, counted in zip(marks, counts, strict=True)
    )


def _counted(mark: PlaceMark, counted: Counted, language: Language, room: Room) -> PlaceMark:
    """The mark with its count; the age beside it grows on the screen, so it is given room."""
    label = persons(counted, language)
    width = text_width(f"{label}, {_LONGEST_AGE[language]}", PLACE_LABEL_PX) + 14
    box = room.best(around(mark.spot, width, 22, 15), tied_to=mark.spot)
    if box is None:
        return mark
    room.boxes.append(box)
    x, y = mark.spot
    beside = Box(box.left - x, box.top - y, box.right - x, box.bottom - y)
    return replace(mark, label=label, label_box=beside, counted_ms=counted.observed_ms)


def vehicle_marks(
    plans: Plans,
    ground: Ground,
    vehicles: Sequence[VehicleState],
    moment: Moment,
    language: Language,
    room: Room,
) -> tuple[VehicleMark, ...]:
    """Every vehicle that is somewhere: measured, or where the timetable puts it."""
    placed: list[tuple[VehicleState, Spot]] = []
    taken: list[Spot] = []
    for vehicle in sorted(vehicles, key=lambda v: v.position is None):
        spot = _spot(plans, ground, vehicle, moment, taken, room)
        if spot is not None:
            taken.append(spot)
            room.boxes.append(square(spot, _MARK_PX))
            placed.append((vehicle, spot))
    return tuple(_mark(plans, ground, v, spot, moment, language, room) for v, spot in placed)


def _mark(
    plans: Plans,
    ground: Ground,
    vehicle: VehicleState,
    spot: Spot,
    moment: Moment,
    language: Language,
    room: Room,
) -> VehicleMark:
    label = spaced(vehicle.vehicle.name, language)
    if vehicle.state is State.LIVE_AGEING and vehicle.position is not None:
        label += " · " + age(moment.at(vehicle.position.observed_ms), moment.local, language)
    width = text_width(label, CHIP_PX) * 1.06 + 14
    near = [box for gap in _CHIP_GAPS for box in around(spot, width, 24, gap)]
    box = room.best(near, tied_to=spot) or square(spot, 24)
    room.boxes.append(box)
    trail = None
    if vehicle.state is State.NO_CONTACT and vehicle.next_stop_id is not None:
        stop = plans.stops[vehicle.next_stop_id]
        trail = ground.projection.spot(stop.latitude, stop.longitude)
    chip = Box(box.left - spot.x, box.top - spot.y, box.right - spot.x, box.bottom - spot.y)
    return VehicleMark(
        key=unit_key(vehicle.vehicle.unit),
        is_truck=vehicle.vehicle.service != "bus",
        state=vehicle.state,
        label=label,
        spot=spot,
        chip=chip,
        tie=_tie(chip),
        trail=trail,
    )


def _tie(chip: Box) -> Spot | None:
    """The point of a label nearest to its mark, if that is far."""
    x, y = chip.nearest(Spot(0.0, 0.0))
    return Spot(round(x, 1), round(y, 1)) if math.hypot(x, y) > _TIED_FROM_PX else None


def _spot(
    plans: Plans,
    ground: Ground,
    vehicle: VehicleState,
    moment: Moment,
    taken: Sequence[Spot],
    room: Room,
) -> Spot | None:
    """Where it was measured; else beside the stop of the timetable, covering nothing."""
    position = vehicle.position
    if position is not None:
        return _nudged(ground.projection.spot(position.latitude, position.longitude), taken)
    if vehicle.dated is None:
        return None
    stop = plans.stops[planned_stop_id(vehicle, moment.now_ms)]
    spot = ground.projection.spot(stop.latitude, stop.longitude)
    box = room.best(around(spot, _MARK_PX, _MARK_PX, 10))
    return spot if box is None else box.centre


def planned_stop_id(vehicle: VehicleState, now_ms: int) -> str:
    """Where the timetable puts a vehicle that has a trip: the last stop it should have reached."""
    visits = vehicle.dated.visits if vehicle.dated is not None else ()
    reached = [visit for visit in visits if visit.arrival_ms <= now_ms]
    return (reached[-1] if reached else visits[0]).stop_id


def _nudged(spot: Spot, taken: Sequence[Spot]) -> Spot:
    """The spot, or the nearest free one beside it, so that no vehicle hides another."""
    for dx, dy in _NUDGES:
        moved = Spot(round(spot.x + dx, 1), round(spot.y + dy, 1))
        if all(abs(moved.x - t.x) >= 24 or abs(moved.y - t.y) >= 24 for t in taken):
            return moved
    return spot

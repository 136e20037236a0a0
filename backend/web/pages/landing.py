"""The first page: the territory as a map, the same as a list, and the boards there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.arrivals.fleet import VehicleState
from backend.arrivals.model import Departure, State
from backend.live.model import UnitState
from backend.web import sun
from backend.web.context import Context
from backend.web.formats import Language, spaced
from backend.web.items import space_item, vehicle_item
from backend.web.map_ground import Ground, ground
from backend.web.map_marks import place_marks, unit_key, vehicle_marks
from backend.web.moment import Moment
from backend.web.page import Page
from backend.web.rendering import Renderer
from backend.web.rows import RowView
from backend.web.tokens import Light
from contract.territory_file import Space, Stop
from contract.topics import parse_unit

MAIN_STOPS = 6


@dataclass(frozen=True, slots=True)
class StopLink:
    """A board that can be opened."""

    stop_id: str
    name: str
    detail: str
    path: str
    row: RowView | None = None


_grounds = lru_cache(maxsize=8)(lambda context, language: ground(context.territory, language))


def compose(context: Context, language: Language) -> Page:
    """The page as it stands now."""
    moment = context.moment()
    renderer = Renderer(language, moment)
    drawn = _ground(context, language)
    fleet = context.arrivals.fleet(moment.now_ms) if moment.is_set else ()
    spaces = _spaces(context)
    parts, places = _map_parts(context, language, renderer, fleet, spaces, drawn)
    items = [vehicle_item(context, v, moment, language) for v in fleet]
    items += [space_item(space, state, moment, language) for space, state in spaces]
    for item in items:
        parts[f"item-{item.key}"] = renderer.part("landing_parts.html", "item_row", item)
    for link in _links(context, language, moment):
        parts[f"link-{link.stop_id}"] = renderer.part("landing_parts.html", "stop_link", link)
    live_count = sum(v.state.is_measured for v in fleet)
    parts["located"] = renderer.part("landing_parts.html", "located", live_count)
    title = f"SoftPlace · {spaced(context.territory.name, language)}"
    return Page(
        title=title,
        light=_light(context, moment),
        parts=parts,
        orders={"items": tuple(f"item-{item.key}" for item in items)},
        places=places,
        news={f"item-{i.key}": f"{i.name}, {i.word}" for i in items},
    )


def frame(context: Context, language: Language) -> dict[str, Any]:
    """What of the page never changes."""
    links = [f"link-{stop.stop_id}" for stop in _by_traffic(context)]
    return {
        "ground": _ground(context, language),
        "name": spaced(context.territory.name, language),
        "main_links": links[:MAIN_STOPS],
        "more_links": sorted(links[MAIN_STOPS:]),
        "vehicle_keys": [unit_key(v.unit) for v in context.territory.vehicles],
        "legend": [
            s.value for s in (State.LIVE, State.TIMETABLE, State.NO_CONTACT, State.NOT_COMING)
        ],
    }


def stop_links(context: Context, language: Language) -> list[StopLink]:
    """Every board, by name, without its state."""
    stops = sorted(context.territory.stops, key=lambda stop: stop.name)
    return [_link(stop, language) for stop in stops]


def _ground(context: Context, language: Language) -> Ground:
    return _grounds(context, language)


def _light(context: Context, moment: Moment) -> Light:
    stops = context.territory.stops
    if not moment.is_set or not stops:
        return "day"
    latitude = sum(stop.latitude for stop in stops) / len(stops)
    longitude = sum(stop.longitude for stop in stops) / len(stops)
    return sun.light(moment.now_ms, latitude, longitude)


def _map_parts(
    context: Context,
    language: Language,
    renderer: Renderer,
    fleet: tuple[VehicleState, ...],
    spaces: list[tuple[Space, UnitState]],
    drawn: Ground,
) -> tuple[dict[str, str], dict[str, tuple[float, float]]]:
    plans, moment, room = context.arrivals.plans, context.moment(), drawn.room.copy()
    marks = place_marks(plans, drawn, spaces, moment, language, room) if moment.is_set else ()
    parts = {"map-places": renderer.part("landing_parts.html", "map_places", marks)}
    places = {}
    found = {m.key: m for m in vehicle_marks(plans, drawn, fleet, moment, language, room)}
    for vehicle in context.territory.vehicles:
        key = unit_key(vehicle.unit)
        mark = found.get(key)
        parts[f"face-{key}"] = renderer.part("landing_parts.html", "vehicle_face", key, mark)
        parts[f"trail-{key}"] = renderer.part("landing_parts.html", "vehicle_trail", key, mark)
        if mark is not None:
            places[f"at-{key}"] = (mark.spot.x, mark.spot.y)
    return parts, places


def _spaces(context: Context) -> list[tuple[Space, UnitState]]:
    return [
        (space, context.live.state(parse_unit(space.unit))) for space in context.territory.spaces
    ]


def _links(context: Context, language: Language, moment: Moment) -> list[StopLink]:
    links = []
    writer = context.writer(language, moment)
    for stop in context.territory.stops:
        row = None
        if moment.is_set:
            rows = context.arrivals.rows(stop.stop_id, moment.now_ms)
            running = _first_running(rows)
            row = None if running is None else writer.row(running, None)
        links.append(_link(stop, language, row))
    return links


def _first_running(rows: tuple[Departure, ...]) -> Departure | None:
    return next(
        (row for row in rows if row.state is not State.NOT_COMING), rows[0] if rows else None
    )


def _link(stop: Stop, language: Language, row: RowView | None = None) -> StopLink:
    query = "" if language == "fr" else f"?lang={language}"
    return StopLink(
        stop.stop_id,
        spaced(stop.name, language),
        spaced(stop.detail, language),
        f"/board/{stop.stop_id}{query}",
        row,
    )


def _by_traffic(context: Context) -> list[Stop]:
    """Stops, the busiest of the week first; the order does not change while a page is open."""
    visits: dict[str, int] = {}
    for trip in context.territory.trips:
        for time in trip.stop_times:
            visits[time.stop_id] = visits.get(time.stop_id, 0) + len(trip.weekdays)
    return sorted(context.territory.stops, key=lambda s: (-visits.get(s.stop_id, 0), s.name))

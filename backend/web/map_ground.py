"""The part of the map that does not move: outline, roads, rivers, stops and their names. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from backend.web.formats import Language, spaced
from backend.web.map_space import Box, Crossings, Projection, Room, Spot, around, square, text_width
from contract.territory_file import Stop, Territory

LABEL_PX, MAIN_LABEL_PX = 15, 20
_DOT_PX, _MAIN_DOT_PX = 16.0, 22.0
_LINE_STEP = 9.0
_TOWNS = 6
_ORDER = ("outline", "river", "road", "main_road")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ground."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class StopMark:
    """A stop with its name, or without where there is no room for it."""

    stop: Stop
    name: str
    spot: Spot
    is_main: bool
    is_minor: bool
    """One of the many small ones, whose name a small screen leaves out."""
    label: Spot | None
    """Where the text starts or ends."""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that stays."""

    projection: Projection
    lines: tuple[Line, ...]
    stops: tuple[StopMark, ...]
    room: Room
    """What is left for vehicles, markets and spaces."""


def ground(territory: Territory, language: Language) -> Ground:
    """Draw the ground of a territory."""
    outline = [p for line in territory.map if line.kind == "outline" for p in line.points]
    shapes = [point for route in territory.routes for point in route.shape]
    places = [(stop.latitude, stop.longitude) for stop in territory.stops]
    projection = Projection(outline or shapes or places)
    lines = _lines(territory, projection)
    room = Room(lines=Crossings(_sampled(territory, projection)))
    return Ground(projection, lines, _marks(territory, projection, room, language), room)


def _lines(territory: Territory, projection: Projection) -> tuple[Line, ...]:
    """The background; without one, the ways of the routes stand for the roads."""
    drawn = [
        Line(line.kind, projection.path(line.points, closed=line.kind == "outline"))
        for line in sorted(territory.map, key=lambda line: _ORDER.index(line.kind))
        if line.points
    ]
    if not any(line.kind in {"road", "main_road"} for line in drawn):
        drawn += [
            Line("road", projection.path(route.shape)) for route in territory.routes if route.shape
        ]
    return tuple(drawn)


def _sampled(territory: Territory, projection: Projection) -> list[Spot]:
    """Points along the roads, close enough that no label misses one."""
    spots: list[Spot] = []
    for line in territory.map:
        if line.kind not in {"road", "main_road"}:
            continue
        ends = [projection.spot(*point) for point in line.points]
        for a, b in itertools.pairwise(ends):
            steps = max(int(max(abs(b.x - a.x), abs(b.y - a.y)) // _LINE_STEP), 1)
            spots += [
                Spot(a.x + (b.x - a.x) * n / steps, a.y + (b.y - a.y) * n / steps)
                for n in range(steps)
            ]
    return spots


def _marks(
    territory: Territory, projection: Projection, room: Room, language: Language
) -> tuple[StopMark, ...]:
    """Stops, the most peopled first, so that their names find room first."""
    people = {commune.insee: commune.population for commune in territory.communes}
    ordered = sorted(territory.stops, key=lambda s: (-people.get(s.insee, 0), s.stop_id))
    spots = {stop.stop_id: projection.spot(stop.latitude, stop.longitude) for stop in ordered}
    for stop in ordered:
        room.boxes.append(square(spots[stop.stop_id], _DOT_PX))
    marks = []
    for rank, stop in enumerate(ordered):
        spot, is_main, name = spots[stop.stop_id], rank == 0, spaced(stop.name, language)
        size = MAIN_LABEL_PX if is_main else LABEL_PX
        gap = (_MAIN_DOT_PX if is_main else _DOT_PX) / 2 + 4
        box = room.best(
            around(spot, text_width(name, size), size * 1.15, gap), must_fit=not is_main
        )
        if box is not None:
            # The name of the main place is never covered; the others are, as a last resort.
            (room.boxes if is_main else room.names).append(box)
        marks.append(_mark(stop, name, spot, rank, box))
    return tuple(marks)


def _mark(stop: Stop, name: str, spot: Spot, rank: int, box: Box | None) -> StopMark:
    is_main, is_minor = rank == 0, rank >= _TOWNS
    if box is None:
        return StopMark(stop, name, spot, is_main, is_minor, None)
    baseline = box.bottom - (box.bottom - box.top) * 0.24
    if box.right < spot.x:
        return StopMark(stop, name, spot, is_main, is_minor, Spot(box.right, baseline), "end")
    if box.left > spot.x:
        return StopMark(stop, name, spot, is_main, is_minor, Spot(box.left, baseline), "start")
    middle = (box.left + box.right) / 2
    return StopMark(stop, name, spot, is_main, is_minor, Spot(middle, baseline), "middle")

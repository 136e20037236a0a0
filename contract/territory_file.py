"""The territory file: places, lines, vehicles and timetables, in GTFS words.

One JSON file describes a territory to the backend, to the simulator and to the open data.
Times of day are local minutes after midnight of the service day and may pass 24 h (GTFS
`stop_times.txt`); days are ISO weekdays, 1 for Monday.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from contract import quantities as q
from contract.errors import ContractError

MinuteOfDay = Annotated[int, Meta(ge=0, lt=48 * 60)]
IsoWeekday = Annotated[int, Meta(ge=1, le=7)]
UnitText = Annotated[str, Meta(pattern=r"^(truck|bus|space|reader)/[a-z0-9-]{1,40}(?!\n)$")]
Point = tuple[q.Latitude, q.Longitude]


class Commune(Struct, kw_only=True, frozen=True):
    """A municipality: INSEE code, name, centre and population."""

    insee: str
    name: str
    latitude: q.Latitude
    longitude: q.Longitude
    population: Annotated[int, Meta(ge=0)]


class Stop(Struct, kw_only=True, frozen=True):
    """A place where vehicles stop (GTFS stop)."""

    stop_id: q.Slug
    name: str
    detail: str = ""
    insee: str
    latitude: q.Latitude
    longitude: q.Longitude


class Route(Struct, kw_only=True, frozen=True):
    """A line (GTFS route); `shape` is its way on the ground, stops included, in one direction."""

    route_id: q.Slug
    short_name: str
    name: str
    mode: Literal["bus", "truck"]
    stop_ids: tuple[q.Slug, ...]
    shape: tuple[Point, ...]


class StopTime(Struct, kw_only=True, frozen=True):
    """Promised arrival and departure at one stop of a trip."""

    stop_id: q.Slug
    arrival_min: MinuteOfDay
    departure_min: MinuteOfDay


class Trip(Struct, kw_only=True, frozen=True):
    """One journey of a route on some weekdays, by a named vehicle (None: not tracked)."""

    trip_id: q.Slug
    route_id: q.Slug
    headsign: str
    via: str = ""
    vehicle: UnitText | None = None
    weekdays: tuple[IsoWeekday, ...]
    school: bool = False
    reversed: bool = False
    """Runs the route's shape backwards."""
    stop_times: tuple[StopTime, ...]


class Cancellation(Struct, kw_only=True, frozen=True):
    """A trip that does not run on one day, with the key of its reason (pages.md, section 6)."""

    trip_id: q.Slug
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(?!\n)$")]
    reason: q.Slug | Annotated[str, Meta(pattern=r"^[a-z_]+(?!\n)$")]
    place: str = ""


class Vehicle(Struct, kw_only=True, frozen=True):
    """A bus or truck."""

    unit: UnitText
    name: str
    service: Literal["bus", "health", "paperwork", "work", "care"] = "bus"
    seats: int = 0
    wheelchair_places: int = 0


class Space(Struct, kw_only=True, frozen=True):
    """A coworking space."""

    unit: UnitText
    name: str
    insee: str
    latitude: q.Latitude
    longitude: q.Longitude
    opens_min: MinuteOfDay
    closes_min: MinuteOfDay
    weekdays: tuple[IsoWeekday, ...]


class Market(Struct, kw_only=True, frozen=True):
    """A market of services at a stop."""

    stop_id: q.Slug
    place: str
    weekdays: tuple[IsoWeekday, ...]
    opens_min: MinuteOfDay
    closes_min: MinuteOfDay
    services: tuple[str, ...]


class MapLine(Struct, kw_only=True, frozen=True):
    """A line of the background map."""

    kind: Literal["outline", "main_road", "road", "river"]
    points: tuple[Point, ...]


class Territory(Struct, kw_only=True, frozen=True):
    """Everything that is known of a territory before anything moves."""

    territory: q.Slug
    name: str
    timezone: str
    phone: str
    licence: str
    communes: tuple[Commune, ...]
    stops: tuple[Stop, ...]
    routes: tuple[Route, ...]
    trips: tuple[Trip, ...]
    vehicles: tuple[Vehicle, ...]
    spaces: tuple[Space, ...] = ()
    markets: tuple[Market, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
    map: tuple[MapLine, ...] = ()


class InvalidTerritory(ContractError, ValueError):
    """A territory file that cannot be used; says where and why."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"territory file {path}: {why}")


def load_territory(path: Path) -> Territory:
    """The territory of a JSON file. Raises InvalidTerritory."""
    try:
        territory = msgspec.json.decode(path.read_bytes(), type=Territory)
    except OSError as error:
        raise InvalidTerritory(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidTerritory(path, str(error)) from error
    for where, missing in _dangling(territory):
        raise InvalidTerritory(path, f"{where} names {missing}, which the file does not have")
    return territory


def _dangling(territory: Territory) -> list[tuple[str, str]]:
    stops = {stop.stop_id for stop in territory.stops}
    routes = {route.route_id for route in territory.routes}
    vehicles = {vehicle.unit for vehicle in territory.vehicles}
    trips = {trip.trip_id for trip in territory.trips}
    found: list[tuple[str, str]] = []
    for route in territory.routes:
        found += [
            (f"route {route.route_id}", f"stop {s}") for s in route.stop_ids if s not in stops
        ]
    for trip in territory.trips:
        where = f"trip {trip.trip_id}"
        if trip.route_id not in routes:
            found.append((where, f"route {trip.route_id}"))
        if trip.vehicle is not None and trip.vehicle not in vehicles:
            found.append((where, f"vehicle {trip.vehicle}"))
        found += [(where, f"stop {t.stop_id}") for t in trip.stop_times if t.stop_id not in stops]
    found += [
        ("a market", f"stop {m.stop_id}") for m in territory.markets if m.stop_id not in stops
    ]
    found += [
        ("a cancellation", f"trip {c.trip_id}")
        for c in territory.cancellations
        if c.trip_id not in trips
    ]
    return found

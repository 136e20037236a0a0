"""Tables of a territory; rows keep the order of the file by `position`.

Rules of this file: what is searched or joined is a column; what is only read back as a whole
(a shape, a list of weekdays) is JSON.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table
from sqlalchemy.sql.type_api import TypeEngine

from backend.records.schema import metadata


def _of_territory(name: str, *columns: Column[Any]) -> Table:
    """A table whose rows belong to one territory and go with it."""
    return Table(
        name,
        metadata,
        Column(
            "territory",
            String(40),
            ForeignKey("territory.territory", ondelete="CASCADE"),
            primary_key=True,
        ),
        Column("position", Integer, primary_key=True, autoincrement=False),
        *columns,
    )


def _needed(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=False)


territory = Table(
    "territory",
    metadata,
    Column("territory", String(40), primary_key=True),
    _needed("name", String),
    _needed("timezone", String),
    _needed("phone", String),
    _needed("licence", String),
)
commune = _of_territory(
    "commune",
    _needed("insee", String(5)),
    _needed("name", String),
    _needed("latitude", Float),
    _needed("longitude", Float),
    _needed("population", Integer),
)
stop = _of_territory(
    "stop",
    _needed("stop_id", String(40)),
    _needed("name", String),
    _needed("detail", String),
    _needed("insee", String(5)),
    _needed("latitude", Float),
    _needed("longitude", Float),
)
route = _of_territory(
    "route",
    _needed("route_id", String(40)),
    _needed("short_name", String),
    _needed("name", String),
    _needed("mode", String(10)),
    _needed("stop_ids", JSON),
    _needed("shape", JSON),
)
trip = _of_territory(
    "trip",
    _needed("trip_id", String(40)),
    _needed("route_id", String(40)),
    _needed("headsign", String),
    _needed("via", String),
    Column("vehicle", String(50), nullable=True),
    _needed("weekdays", JSON),
    _needed("school", Boolean),
    _needed("reversed", Boolean),
)
stop_time = _of_territory(
    "stop_time",
    _needed("trip_id", String(40)),
    _needed("stop_id", String(40)),
    _needed("arrival_min", Integer),
    _needed("departure_min", Integer),
)
vehicle = _of_territory(
    "vehicle",
    _needed("unit", String(50)),
    _needed("name", String),
    _needed("service", String(20)),
    _needed("seats", Integer),
    _needed("wheelchair_places", Integer),
)
space = _of_territory(
    "space",
    _needed("unit", String(50)),
    _needed("name", String),
    _needed("insee", String(5)),
    _needed("latitude", Float),
    _needed("longitude", Float),
    _needed("opens_min", Integer),
    _needed("closes_min", Integer),
    _needed("weekdays", JSON),
)
market = _of_territory(
    "market",
    _needed("stop_id", String(40)),
    _needed("place", String),
    _needed("weekdays", JSON),
    _needed("opens_min", Integer),
    _needed("closes_min", Integer),
    _needed("services", JSON),
)
cancellation = _of_territory(
    "cancellation",
    _needed("trip_id", String(40)),
    _needed("date", String(10)),
    _needed("reason", String(40)),
    _needed("place", String),
)
map_line = _of_territory(
    "map_line",
    _needed("kind", String(20)),
    _needed("points", JSON),
)

PARTS: dict[str, Table] = {
    "communes": commune,
    "stops": stop,
    "routes": route,
    "trips": trip,
    "vehicles": vehicle,
    "spaces": space,
    "markets": market,
    "cancellations": cancellation,
    "map": map_line,
}
"""Field of `contract.territory_file.Territory` to the table of its rows; stop times go apart."""

"""A territory file into SQL and back: the only file of this room with I/O."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, insert, select
from sqlalchemy import Row as SqlRow

from backend.records.transaction import reading, writing
from backend.territory import schema
from backend.territory.errors import UnknownTerritory
from contract.territory_file import Territory

_HEAD = ("territory", "name", "timezone", "phone", "licence")

Row = dict[str, Any]


def import_territory(engine: Engine, territory: Territory) -> None:
    """Put `territory` in place of what the store had under its name, wholly or not at all."""
    whole: Row = msgspec.to_builtins(territory)
    slug = territory.territory
    stop_times = [
        {"trip_id": trip["trip_id"], **stop_time}
        for trip in whole["trips"]
        for stop_time in trip.pop("stop_times")
    ]
    with writing(engine) as connection:
        _clear(connection, slug)
        connection.execute(insert(schema.territory), {key: whole[key] for key in _HEAD})
        _insert(connection, schema.stop_time, slug, stop_times)
        for part, table in schema.PARTS.items():
            _insert(connection, table, slug, whole[part])


def read_territory(engine: Engine, slug: str) -> Territory:
    """The territory of that name. Raises UnknownTerritory."""
    with reading(engine) as connection:
        head = connection.execute(
            select(schema.territory).where(schema.territory.c.territory == slug)
        ).one_or_none()
        if head is None:
            raise UnknownTerritory(slug)
        whole = _plain(head)
        for part, table in schema.PARTS.items():
            whole[part] = _rows(connection, table, slug)
        stop_times = defaultdict(list)
        for row in _rows(connection, schema.stop_time, slug):
            stop_times[row.pop("trip_id")].append(row)
    for trip in whole["trips"]:
        trip["stop_times"] = stop_times[trip["trip_id"]]
    return msgspec.convert(whole, Territory)


def _clear(connection: Connection, slug: str) -> None:
    for table in (*schema.PARTS.values(), schema.stop_time, schema.territory):
        connection.execute(delete(table).where(table.c.territory == slug))


def _insert(connection: Connection, table: Table, slug: str, rows: list[Row]) -> None:
    if rows:
        connection.execute(
            insert(table),
            [{"territory": slug, "position": n, **row} for n, row in enumerate(rows)],
        )


def _rows(connection: Connection, table: Table, slug: str) -> list[Row]:
    result = connection.execute(
        select(table).where(table.c.territory == slug).order_by(table.c.position)
    )
    rows = [_plain(row) for row in result]
    for row in rows:
        del row["territory"], row["position"]
    return rows


def _plain(row: SqlRow[Any]) -> Row:
    """The columns by name; SQLAlchemy's own names are a kind of string that msgspec refuses."""
    return {str(name): value for name, value in zip(row._fields, row, strict=True)}

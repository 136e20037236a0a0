"""Who serves what since when: devices in units, units on duties; [from, until).

Rules of this file: at any moment a unit has at most one device, a device is in at most one unit,
and a duty has at most one unit. A new assignment ends what stood in its way at its own beginning;
what was planned to begin later than that stays planned.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from backend.records.statements import execute_many, query

_STANDS = "from_ms <= ? AND (until_ms IS NULL OR until_ms > ?)"


class Assigned(NamedTuple):
    """`subject` (a device or a duty) and its unit, from `from_ms` until `until_ms` or for good."""

    subject: str
    unit: str
    from_ms: int
    until_ms: int | None = None


def put_device_in(connection: Connection, device: str, unit: str, from_ms: int) -> None:
    """`device` serves `unit` from then on, and whatever served it no longer does."""
    _end(connection, "device_assignment", "device", device, from_ms)
    _end(connection, "device_assignment", "unit", unit, from_ms)
    _put(connection, "device_assignment", Assigned(device, unit, from_ms))


def put_unit_on(connection: Connection, unit: str, duty: str, from_ms: int) -> None:
    """`unit` does `duty` from then on, until the next one that was planned for it."""
    _end(connection, "duty_assignment", "duty", duty, from_ms)
    _put(connection, "duty_assignment", Assigned(duty, unit, from_ms))


def end_device(connection: Connection, device: str, at_ms: int) -> None:
    """`device` serves nothing from then on."""
    _end(connection, "device_assignment", "device", device, at_ms)


def end_unit(connection: Connection, unit: str, at_ms: int) -> None:
    """`unit` has no device and no duty from then on, planned ones included."""
    for table in ("device_assignment", "duty_assignment"):
        _end(connection, table, "unit", unit, at_ms)
        planned = f"DELETE FROM {table} WHERE unit = ? AND from_ms > ?"  # noqa: S608 - ours
        execute_many(connection, planned, [(unit, at_ms)])


def device_in(connection: Connection, unit: str, at_ms: int) -> str | None:
    """Which device serves `unit` at that moment."""
    statement = f"SELECT device FROM device_assignment WHERE unit = ? AND {_STANDS}"  # noqa: S608
    rows = query(connection, statement, (unit, at_ms, at_ms))
    return rows[0][0] if rows else None


def unit_of(connection: Connection, device: str, at_ms: int) -> str | None:
    """Which unit `device` serves at that moment."""
    statement = f"SELECT unit FROM device_assignment WHERE device = ? AND {_STANDS}"  # noqa: S608
    rows = query(connection, statement, (device, at_ms, at_ms))
    return rows[0][0] if rows else None


def unit_on(connection: Connection, duty: str, at_ms: int) -> str | None:
    """Which unit does `duty` at that moment."""
    statement = f"SELECT unit FROM duty_assignment WHERE duty = ? AND {_STANDS}"  # noqa: S608
    rows = query(connection, statement, (duty, at_ms, at_ms))
    return rows[0][0] if rows else None


def devices_assigned(connection: Connection) -> list[Assigned]:
    """Every assignment of a device, oldest first."""
    return _all(connection, "device_assignment", "device")


def duties_assigned(connection: Connection) -> list[Assigned]:
    """Every assignment of a duty, oldest first."""
    return _all(connection, "duty_assignment", "duty")


def _all(connection: Connection, table: str, subject: str) -> list[Assigned]:
    statement = f"SELECT {subject}, unit, from_ms, until_ms FROM {table} ORDER BY from_ms, unit"  # noqa: S608
    return [Assigned(*row) for row in query(connection, statement)]


def _end(connection: Connection, table: str, column: str, value: str, at_ms: int) -> None:
    same = f"DELETE FROM {table} WHERE {column} = ? AND from_ms = ?"  # noqa: S608 - our own words
    execute_many(connection, same, [(value, at_ms)])
    end = f"UPDATE {table} SET until_ms = ? WHERE {column} = ? AND {_STANDS}"  # noqa: S608
    execute_many(connection, end, [(at_ms, value, at_ms, at_ms)])


def _put(connection: Connection, table: str, new: Assigned) -> None:
    """Until the next one planned for its subject or, of a device, for its unit."""
    subject = "device" if table == "device_assignment" else "duty"
    either = f"{subject} = ? OR unit = ?" if subject == "device" else f"{subject} = ?"
    values = (new.subject, new.unit) if subject == "device" else (new.subject,)
    later = f"SELECT MIN(from_ms) FROM {table} WHERE ({either}) AND from_ms > ?"  # noqa: S608
    until_ms = query(connection, later, (*values, new.from_ms))[0][0]
    columns = f"{subject}, unit, from_ms, until_ms"
    insert = f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?)"  # noqa: S608 - our own words
    execute_many(connection, insert, [new._replace(until_ms=until_ms)])

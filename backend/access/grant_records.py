"""Grants, schedules and local holidays in the records store, and the doorbell beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from backend.access.errors import UnknownSchedule
from backend.access.model import Grant, NamedSchedule
from backend.access.tables import access_holiday, access_schedule, card_grant, door_due

_encode = msgspec.json.encode
_windows_decoder = msgspec.json.Decoder(tuple[tuple[int, int, int], ...])
_points_decoder = msgspec.json.Decoder(tuple[str, ...])


def put_grant(connection: Connection, grant: Grant) -> int:
    """Record a grant; its number, which its `right_id` is not yet."""
    row = asdict(grant)
    del row["right_id"]
    row["points"] = _encode(grant.points).decode()
    number = connection.execute(insert(card_grant).returning(card_grant.c.right_id), row)
    return int(number.scalar_one())


def read_grants(
    connection: Connection,
    *,
    unit: str | None = None,
    card_id: str | None = None,
    right_id: int | None = None,
) -> list[Grant]:
    """Grants, ended ones included, in order of their numbers."""
    statement = select(card_grant).order_by(card_grant.c.right_id)
    if unit is not None:
        statement = statement.where(card_grant.c.unit == unit)
    if card_id is not None:
        statement = statement.where(card_grant.c.card_id == card_id)
    if right_id is not None:
        statement = statement.where(card_grant.c.right_id == right_id)
    return [_grant(row) for row in connection.execute(statement)]


def end_grants(connection: Connection, right_ids: Iterable[int], at_ms: int, by: str) -> None:
    """These open nothing from now on; ended ones keep their first end."""
    connection.execute(
        update(card_grant)
        .where(card_grant.c.right_id.in_(list(right_ids)), card_grant.c.ended_ms.is_(None))
        .values(ended_ms=at_ms, ended_by=by)
    )


def put_schedule(connection: Connection, schedule: NamedSchedule) -> None:
    """Put a schedule in place of the one of its name."""
    connection.execute(delete(access_schedule).where(access_schedule.c.name == schedule.name))
    row = asdict(schedule) | {"windows": _encode(schedule.windows).decode()}
    connection.execute(insert(access_schedule), row)


def read_schedules(connection: Connection) -> dict[str, NamedSchedule]:
    """Every schedule by name."""
    return {
        str(row.name): NamedSchedule(
            row.name, _windows_decoder.decode(row.windows), row.on_holidays
        )
        for row in connection.execute(select(access_schedule))
    }


def check_schedule(connection: Connection, name: str | None) -> None:
    """Raises UnknownSchedule where `name` is of none."""
    if name is not None and name not in read_schedules(connection):
        raise UnknownSchedule(name)


def put_holiday(connection: Connection, date: str, name: str, *, observed: bool) -> None:
    """A day that is a holiday here though no rule says so, or none though one does."""
    connection.execute(delete(access_holiday).where(access_holiday.c.date == date))
    connection.execute(insert(access_holiday), {"date": date, "observed": observed, "name": name})


def read_local_holidays(connection: Connection) -> dict[str, bool]:
    """Whether each locally different day is a holiday."""
    rows = connection.execute(select(access_holiday.c.date, access_holiday.c.observed))
    return {str(date): bool(observed) for date, observed in rows}


def ring(connection: Connection, units: Iterable[str], now_ms: int) -> None:
    """Ask for these units' rights to be compiled anew; heard by the dispatcher within a second."""
    for unit in sorted(set(units)):
        connection.execute(delete(door_due).where(door_due.c.unit == unit))
        connection.execute(insert(door_due), {"unit": unit, "rung_ms": now_ms})


def rung_units(connection: Connection) -> list[str]:
    """Units that wait, the longest waiting first."""
    return [
        str(row[0])
        for row in connection.execute(select(door_due.c.unit).order_by(door_due.c.rung_ms))
    ]


def answer_ring(connection: Connection, unit: str) -> None:
    """The unit's rights are compiled in this very transaction."""
    connection.execute(delete(door_due).where(door_due.c.unit == unit))


def schedule_units(connection: Connection, name: str) -> list[str]:
    """Units where a standing right holds by that schedule."""
    rows = connection.execute(
        select(card_grant.c.unit)
        .where(card_grant.c.schedule == name, card_grant.c.ended_ms.is_(None))
        .distinct()
    )
    return [str(row[0]) for row in rows]


def _grant(row: Row[Any]) -> Grant:
    values = {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001 - public API
    return Grant(**values | {"points": _points_decoder.decode(values["points"])})

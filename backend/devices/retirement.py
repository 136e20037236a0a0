"""Units that are no more: nothing of them may stay retained at the broker."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices.assignments import device_in, end_unit
from backend.devices.registry import end_service
from backend.records.statements import execute_many, query

SWEEP_FOR_MS = 3_600_000
"""A will may be spoken some minutes after its device fell silent, and brokers restart."""
SWEEP_EVERY_MS = 60_000
RETIRED = "retired"

_PUT = """
INSERT INTO retired_unit (unit, retired_ms, swept_ms) VALUES (?, ?, NULL)
ON CONFLICT (unit) DO UPDATE SET retired_ms = excluded.retired_ms, swept_ms = NULL
"""
_DUE = """
SELECT unit FROM retired_unit WHERE swept_ms IS NULL
OR (swept_ms <= ? AND retired_ms > ?) ORDER BY retired_ms, unit
"""
_SWEPT = "UPDATE retired_unit SET swept_ms = ? WHERE unit = ?"
_BACK = "DELETE FROM retired_unit WHERE unit = ?"


def retire(connection: Connection, unit: str, now_ms: int) -> None:
    """`unit` is no more: its device is out of service, its duties are open, its topics swept."""
    device = device_in(connection, unit, now_ms)
    if device is not None:
        end_service(connection, device, RETIRED, now_ms)
    end_unit(connection, unit, now_ms)
    execute_many(connection, _PUT, [(unit, now_ms)])


def return_to_service(connection: Connection, unit: str) -> None:
    """A device serves `unit` again."""
    execute_many(connection, _BACK, [(unit,)])


def retired_units(connection: Connection) -> frozenset[str]:
    """Every unit of which nothing may be retained."""
    return frozenset(row[0] for row in query(connection, "SELECT unit FROM retired_unit"))


def due_for_sweeping(connection: Connection, now_ms: int) -> list[str]:
    """Units whose retained topics are to be cleared now."""
    return [
        row[0] for row in query(connection, _DUE, (now_ms - SWEEP_EVERY_MS, now_ms - SWEEP_FOR_MS))
    ]


def mark_swept(connection: Connection, unit: str, now_ms: int) -> None:
    """Nothing of `unit` was retained at that moment."""
    execute_many(connection, _SWEPT, [(now_ms, unit)])

"""The snapshot in the records store: written by the ingest in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from backend.records.statements import execute_many, query
from contract.streams import STREAMS

DAY_MS = 86_400_000

_PUT_LATEST = """
INSERT INTO latest_message (unit, stream, observed_ms, received_ms, payload)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, stream) DO UPDATE SET
  observed_ms = excluded.observed_ms, received_ms = excluded.received_ms,
  payload = excluded.payload
WHERE excluded.observed_ms > latest_message.observed_ms
"""
_PUT_HEARD = """
INSERT INTO unit_contact (unit, heard_ms, lost_ms) VALUES (?, ?, NULL)
ON CONFLICT (unit) DO UPDATE SET heard_ms = excluded.heard_ms
WHERE excluded.heard_ms > unit_contact.heard_ms
"""
_PUT_LOST = """
INSERT INTO unit_contact (unit, heard_ms, lost_ms) VALUES (?, ?, ?)
ON CONFLICT (unit) DO UPDATE SET lost_ms = excluded.lost_ms
"""
_PRUNE = "DELETE FROM latest_message WHERE stream = ? AND observed_ms < ?"


class Latest(NamedTuple):
    """The newest message of one stream of one unit ("bus/b1"), as it came."""

    unit: str
    stream: str
    observed_ms: int
    received_ms: int
    payload: bytes


class Contact(NamedTuple):
    """When a unit was last heard and last lost."""

    unit: str
    heard_ms: int
    lost_ms: int | None


def put_latest(connection: Connection, rows: Sequence[Latest]) -> None:
    """Keep each row that is newer than what stands there."""
    execute_many(connection, _PUT_LATEST, rows)


def put_heard(connection: Connection, heard: Sequence[tuple[str, int]]) -> None:
    """Note (unit, received_ms) of units that spoke."""
    execute_many(connection, _PUT_HEARD, heard)


def put_lost(connection: Connection, lost: Sequence[tuple[str, int]]) -> None:
    """Note (unit, received_ms) of units whose will was spoken."""
    execute_many(connection, _PUT_LOST, [(unit, at_ms, at_ms) for unit, at_ms in lost])


def read_latest(connection: Connection) -> list[Latest]:
    """Every newest message."""
    return [
        Latest(*row)
        for row in query(
            connection, "SELECT unit, stream, observed_ms, received_ms, payload FROM latest_message"
        )
    ]


def read_contacts(connection: Connection) -> list[Contact]:
    """Every contact."""
    return [
        Contact(*row)
        for row in query(connection, "SELECT unit, heard_ms, lost_ms FROM unit_contact")
    ]


def prune_latest(connection: Connection, now_ms: int) -> None:
    """Forget what its retention class would have forgotten."""
    due = [
        (stream.name, now_ms - stream.retention.days * DAY_MS)
        for stream in STREAMS
        if stream.retention.days is not None
    ]
    execute_many(connection, _PRUNE, due)

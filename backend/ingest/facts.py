"""The ledger's epoch and the marks, as facts of the records store."""

from __future__ import annotations

from random import Random

from sqlalchemy import Connection

from backend.ingest.ledger import clear_ledger
from backend.records.statements import execute_many, query

EPOCH = "epoch"
MARK_INTENDED, MARK_WRITTEN, MARK_TURN = "mark_intended", "mark_written", "mark_turn_ms"

_GET = "SELECT value FROM fact WHERE name = ?"
_PUT = """
INSERT INTO fact (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_PUT_FIRST = "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"


def ensure_epoch(connection: Connection, random: Random) -> str:
    """The ledger's epoch; a new store draws its first."""
    execute_many(connection, _PUT_FIRST, [(EPOCH, _draw(random))])
    return read_epoch(connection)


def read_epoch(connection: Connection) -> str:
    """The ledger's epoch."""
    return str(query(connection, _GET, (EPOCH,))[0][0])


def draw_epoch(connection: Connection, random: Random, *, empty_ledger: bool) -> str:
    """A new epoch: units send again what they hold and the ledger lacks."""
    if empty_ledger:
        clear_ledger(connection)
    epoch = _draw(random)
    execute_many(connection, _PUT, [(EPOCH, epoch)])
    return epoch


def read_number(connection: Connection, name: str) -> int:
    """A number of the store, 0 where it was never written."""
    rows = query(connection, _GET, (name,))
    return int(rows[0][0]) if rows else 0


def write_number(connection: Connection, name: str, number: int) -> None:
    """Put a number."""
    execute_many(connection, _PUT, [(name, str(number))])


def _draw(random: Random) -> str:
    return f"{random.getrandbits(64):016x}"

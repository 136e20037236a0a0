"""Messages that break the contract: kept, bounded, with their reason, for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from backend.ingest.sorting import Refused
from backend.records.statements import execute_many, query
from backend.records.text import printable

MAX_KEPT = 10_000
MAX_PAYLOAD_BYTES = 8_192

_PUT = """
INSERT INTO quarantined (unit, topic, reason, detail, outbox, seq, size, payload, received_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_BOUND = "DELETE FROM quarantined WHERE id <= (SELECT MAX(id) FROM quarantined) - ?"
_NEWEST = """
SELECT unit, topic, reason, detail, outbox, seq, size, payload, received_ms
FROM quarantined ORDER BY id DESC LIMIT ?
"""
_PRUNE = "DELETE FROM quarantined WHERE received_ms < ?"
_COUNTS = "SELECT reason, COUNT(*) FROM quarantined GROUP BY reason"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused message; `payload` is cut at 8 KiB, `size` is what it was."""

    unit: str
    topic: str
    reason: str
    detail: str
    outbox: str | None
    seq: int | None
    size: int
    payload: bytes
    received_ms: int


def put_quarantined(connection: Connection, refused: Sequence[Refused], received_ms: int) -> None:
    """Keep these, and the newest of what was there."""
    execute_many(connection, _PUT, [_row(one, received_ms) for one in refused])
    if refused:
        execute_many(connection, _BOUND, [(MAX_KEPT,)])


def newest_quarantined(connection: Connection, limit: int) -> list[Quarantined]:
    """The newest, newest first."""
    return [Quarantined(*row) for row in query(connection, _NEWEST, (limit,))]


def count_quarantined(connection: Connection) -> dict[str, int]:
    """How many are kept, by reason."""
    return {str(reason): int(count) for reason, count in query(connection, _COUNTS)}


def prune_quarantined(connection: Connection, before_ms: int) -> None:
    """Forget what was received before that time: a payload may hold a position."""
    execute_many(connection, _PRUNE, [(before_ms,)])


def _row(refused: Refused, received_ms: int) -> tuple[object, ...]:
    key = refused.key
    return (
        refused.route.unit if refused.route else "",
        printable(refused.topic.decode(errors="replace"), 300),
        refused.reason,
        printable(refused.detail, 300),
        key.outbox if key else None,
        key.seq if key else None,
        len(refused.payload),
        refused.payload[:MAX_PAYLOAD_BYTES],
        received_ms,
    )

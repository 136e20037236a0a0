"""Numbers that will never come: explained by the unit, or watched until they are an alarm."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from backend.devices.model import GapWatch, StreamKey
from backend.records.statements import execute_many, query

EXPLAIN_WITHIN_MS = 120_000
"""A unit reports what it lost right after its hello; two minutes are many times that."""

_EXPLAIN = """
INSERT INTO explained_range (unit, outbox, stream, start_seq, end_seq, cause, explained_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, stream, start_seq, end_seq) DO NOTHING
"""
_WATCH = """
INSERT INTO gap_watch (unit, outbox, stream, below_seq, due_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, stream) DO UPDATE SET below_seq = excluded.below_seq,
  due_ms = CASE WHEN gap_watch.below_seq > excluded.below_seq
           THEN excluded.due_ms ELSE gap_watch.due_ms END
"""
_DUE = "SELECT unit, outbox, stream, below_seq, due_ms FROM gap_watch WHERE due_ms <= ?"
_RESCHEDULE = "UPDATE gap_watch SET due_ms = ? WHERE unit = ? AND outbox = ? AND stream = ?"
_NARROW = """
UPDATE gap_watch SET below_seq = ?, due_ms = 0 WHERE unit = ? AND outbox = ? AND stream = ?
"""
_UNWATCH = "DELETE FROM gap_watch WHERE unit = ? AND outbox = ? AND stream = ?"
_EXPLAINED = """
SELECT unit, cause, SUM(end_seq - start_seq) FROM explained_range GROUP BY unit, cause
"""


def explain(
    connection: Connection, key: StreamKey, start: int, end: int, cause: str, at_ms: int
) -> None:
    """The unit says that [start, end) will never come."""
    execute_many(connection, _EXPLAIN, [(*key, start, end, cause, at_ms)])


def watch(connection: Connection, watches: Iterable[GapWatch]) -> None:
    """Watch these.

    A key that is watched keeps its deadline, unless less of it is gone than was thought: then
    the outbox turns out to hold it still.
    """
    execute_many(connection, _WATCH, [(*w.key, w.below_seq, w.due_ms) for w in watches])


def due_watches(connection: Connection, now_ms: int) -> list[GapWatch]:
    """Watches whose time is up."""
    return [
        GapWatch(StreamKey(unit, outbox, stream), below, due)
        for unit, outbox, stream, below, due in query(connection, _DUE, (now_ms,))
    ]


def postpone(connection: Connection, key: StreamKey, due_ms: int) -> None:
    """Look at this one again then."""
    execute_many(connection, _RESCHEDULE, [(due_ms, *key)])


def narrow(connection: Connection, key: StreamKey, below: int) -> None:
    """Only what is below is gone: if this one is watched, look at it soon."""
    execute_many(connection, _NARROW, [(below, *key)])


def hasten(connection: Connection, key: StreamKey) -> None:
    """Something was explained: if this one is watched, look at it soon."""
    postpone(connection, key, 0)


def unwatch(connection: Connection, keys: Iterable[StreamKey]) -> None:
    """These were looked at."""
    execute_many(connection, _UNWATCH, list(keys))


def explained_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many numbers each unit explained, by (unit, cause)."""
    return {(unit, cause): int(n) for unit, cause, n in query(connection, _EXPLAINED)}

"""The last word of each SOS and lone-worker session, and who is asked for it, as rows."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from backend.devices.ladder import Asking
from backend.records.statements import execute_many, query

_PUT = """
INSERT INTO distress (unit, alarm, reference, outbox, seq, at_ms, is_open, due_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, alarm, reference) DO UPDATE SET outbox = excluded.outbox,
  seq = excluded.seq, at_ms = excluded.at_ms, is_open = excluded.is_open,
  due_ms = excluded.due_ms
WHERE (distress.outbox = excluded.outbox AND distress.seq < excluded.seq)
   OR (distress.outbox <> excluded.outbox AND distress.at_ms <= excluded.at_ms)
"""
_ONE = "unit = ? AND alarm = ? AND reference = ?"
_COLUMNS = "unit, alarm, reference, step, step_ms, acknowledged_ms, acknowledged_by"
_HELD = f"SELECT outbox, seq FROM distress WHERE {_ONE}"  # noqa: S608 - our own words
_SILENT = "SELECT unit, alarm, reference, at_ms FROM distress WHERE due_ms <= ?"
_ASKED = f"SELECT {_COLUMNS} FROM distress WHERE step IS NOT NULL ORDER BY step_ms, unit"  # noqa: S608
_READ = f"SELECT {_COLUMNS} FROM distress WHERE {_ONE}"  # noqa: S608
_PUT_ASKING = f"""
UPDATE distress SET step = ?, step_ms = ?, acknowledged_ms = ?, acknowledged_by = ?, is_open = ?,
  due_ms = CASE WHEN ? THEN NULL ELSE due_ms END
WHERE {_ONE}
"""  # noqa: S608
_PRUNE = "DELETE FROM distress WHERE is_open = ? AND due_ms IS NULL AND at_ms < ?"

Key = tuple[str, str, str]
"""Unit, alarm, reference."""


class Word(NamedTuple):
    """What a unit said; `due_ms` is until when it may be silent."""

    unit: str
    alarm: str
    reference: str
    outbox: str
    seq: int
    at_ms: int
    is_open: bool
    due_ms: int | None


class Distress(NamedTuple):
    """A person somebody is asked for."""

    unit: str
    alarm: str
    reference: str
    asking: Asking

    @property
    def key(self) -> Key:
        """What names it."""
        return self[:3]


def put_word(connection: Connection, word: Word) -> bool:
    """Write it down; False where a newer one was there before."""
    execute_many(connection, _PUT, [word])
    return query(connection, _HELD, word[:3]) == [(word.outbox, word.seq)]


def silent_beyond(connection: Connection, now_ms: int) -> list[tuple[str, str, str, int]]:
    """Unit, alarm, reference and last word of each session that is silent for too long."""
    rows = query(connection, _SILENT, (now_ms,))
    return [(unit, alarm, reference, at_ms) for unit, alarm, reference, at_ms in rows]


def read_asking(connection: Connection, key: Key) -> Asking:
    """How far the asking is."""
    return Asking(*query(connection, _READ, key)[0][3:])


def read_asked(connection: Connection) -> list[Distress]:
    """Everybody that somebody is asked for or is on, the longest wait first."""
    rows = query(connection, _ASKED)
    return [Distress(row[0], row[1], row[2], Asking(*row[3:])) for row in rows]


def put_asking(connection: Connection, key: Key, asking: Asking) -> None:
    """So far the asking is; while somebody is asked, silence is no further news."""
    is_open = asking.step is not None
    execute_many(connection, _PUT_ASKING, [(*asking, is_open, is_open, *key)])


def prune_distress(connection: Connection, before_ms: int) -> None:
    """Forget what was over before that time."""
    execute_many(connection, _PRUNE, [(False, before_ms)])

"""Who speaks for a unit: sessions, outboxes and wills."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from backend.devices.model import KnownOutbox, SpokenSession
from backend.records.statements import execute_many, query
from contract.uplink import Will

AT_ONCE_MS = 15 * 60_000
"""An outbox that speaks again so soon after another took its place is live beside it; later, it
is a card that was put back."""
IN_FLIGHT_MS = 10_000
"""Messages may still arrive so long after the outbox that sent them was replaced."""

_PUT_SESSION = """
INSERT INTO unit_session (unit, outbox, boot, session, version, since_ms, lost)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit) DO UPDATE SET outbox = excluded.outbox, boot = excluded.boot,
  session = excluded.session, version = excluded.version, since_ms = excluded.since_ms,
  lost = excluded.lost
"""
_SESSIONS = """
SELECT unit, outbox, boot, session, version, since_ms, lost FROM unit_session ORDER BY unit
"""
_SESSION = """
SELECT unit, outbox, boot, session, version, since_ms, lost FROM unit_session WHERE unit = ?
"""
_PUT_OUTBOX = """
INSERT INTO unit_outbox (unit, outbox, boot, session, renewed, hello_ms, replaced_ms)
VALUES (?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (unit, outbox) DO UPDATE SET boot = excluded.boot, session = excluded.session,
  renewed = excluded.renewed, hello_ms = excluded.hello_ms, replaced_ms = NULL
"""
_REPLACE = """
UPDATE unit_outbox SET replaced_ms = ? WHERE unit = ? AND outbox <> ? AND replaced_ms IS NULL
"""
_REPLACED = "SELECT unit, outbox, replaced_ms FROM unit_outbox WHERE replaced_ms >= ?"
_OUTBOXES = """
SELECT outbox, boot, session, renewed, hello_ms, replaced_ms FROM unit_outbox WHERE unit = ?
"""


def read_session(connection: Connection, unit: str) -> SpokenSession | None:
    """The session of the unit that spoke last."""
    rows = query(connection, _SESSION, (unit,))
    return SpokenSession(*rows[0]) if rows else None


def read_sessions(connection: Connection) -> list[SpokenSession]:
    """The session that spoke last of every unit."""
    return [SpokenSession(*row) for row in query(connection, _SESSIONS)]


def read_outboxes(connection: Connection, unit: str) -> dict[str, KnownOutbox]:
    """Every outbox of the unit that ever said hello."""
    known = [KnownOutbox(*row) for row in query(connection, _OUTBOXES, (unit,))]
    return {outbox.outbox: outbox for outbox in known}


def put_session(connection: Connection, spoken: SpokenSession) -> None:
    """This session has spoken last."""
    execute_many(connection, _PUT_SESSION, [spoken])


def put_hello(connection: Connection, spoken: SpokenSession, *, renewed: bool) -> None:
    """A hello was said: its outbox is the unit's present one, every other is replaced."""
    put_session(connection, spoken)
    row = (spoken.unit, spoken.outbox, spoken.boot, spoken.session, renewed, spoken.since_ms)
    execute_many(connection, _PUT_OUTBOX, [row])
    execute_many(connection, _REPLACE, [(spoken.since_ms, spoken.unit, spoken.outbox)])


def will_counts(
    will: Will, spoken: SpokenSession | None, outboxes: Mapping[str, KnownOutbox]
) -> bool:
    """Whether the will is of the session that spoke last, or of one that never came to speak."""
    if spoken is None:
        return True
    if (will.boot, will.session) == (spoken.boot, spoken.session):
        return True
    known = any((o.boot, o.session) == (will.boot, will.session) for o in outboxes.values())
    return not known and will.session > spoken.session


def is_older_hello(boot: str, session: int, known: KnownOutbox | None) -> bool:
    """Whether this is a late copy of a hello from before the outbox's last one.

    Session numbers rise within one run of the program; across runs a card may be rolled back.
    """
    return known is not None and known.boot == boot and session < known.session


def lately_replaced(connection: Connection, now_ms: int) -> dict[tuple[str, str], int]:
    """When each (unit, outbox) that was replaced a moment ago was replaced."""
    rows = query(connection, _REPLACED, (now_ms - AT_ONCE_MS,))
    return {(unit, outbox): replaced_ms for unit, outbox, replaced_ms in rows}

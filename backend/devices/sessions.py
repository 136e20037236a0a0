"""Who speaks for a unit: sessions, outboxes and wills."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices.model import KnownOutbox, SpokenSession
from backend.records.statements import execute_many, query
from backend.records.text import printable
from contract.uplink import Will

AT_ONCE_MS = 15 * 60_000
"""A run that speaks again so soon after another run spoke is alive beside it: the runs of one
device follow each other. Later, somebody has carried devices about."""
IN_FLIGHT_MS = 60_000
"""Messages of a run may still come so long after the next run has spoken."""

_PUT_SESSION = """
INSERT INTO unit_session (unit, outbox, boot, session, version, since_ms, lost)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit) DO UPDATE SET outbox = excluded.outbox, boot = excluded.boot,
  session = excluded.session, version = excluded.version, since_ms = excluded.since_ms,
  lost = excluded.lost
"""
_SESSION = """
SELECT unit, outbox, boot, session, version, since_ms, lost FROM unit_session WHERE unit = ?
"""
_PUT_OUTBOX = """
INSERT INTO unit_outbox (unit, outbox, boot, session, renewed, hello_ms)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox) DO UPDATE SET boot = excluded.boot, session = excluded.session,
  renewed = excluded.renewed, hello_ms = excluded.hello_ms
"""
_PUT_RUN = """
INSERT INTO unit_run (unit, boot, hello_ms, replaced_ms) VALUES (?, ?, ?, NULL)
ON CONFLICT (unit, boot) DO UPDATE SET hello_ms = excluded.hello_ms, replaced_ms = NULL
"""
_REPLACE = """
UPDATE unit_run SET replaced_ms = ? WHERE unit = ? AND boot <> ? AND replaced_ms IS NULL
"""
_PRUNE_RUNS = "DELETE FROM unit_run WHERE replaced_ms < ?"
_RUN = "SELECT replaced_ms FROM unit_run WHERE unit = ? AND boot = ?"
_REPLACED = "SELECT unit, boot, replaced_ms FROM unit_run WHERE replaced_ms >= ?"
_OUTBOX = """
SELECT outbox, boot, session, renewed, hello_ms FROM unit_outbox WHERE unit = ? AND outbox = ?
"""


def read_session(connection: Connection, unit: str) -> SpokenSession | None:
    """The session of the unit that spoke last."""
    rows = query(connection, _SESSION, (unit,))
    return SpokenSession(*rows[0]) if rows else None


def read_known_outbox(connection: Connection, unit: str, outbox: str) -> KnownOutbox | None:
    """The outbox as its last hello left it."""
    rows = query(connection, _OUTBOX, (unit, outbox))
    return KnownOutbox(*rows[0]) if rows else None


def put_session(connection: Connection, spoken: SpokenSession) -> None:
    """This session has spoken last."""
    row = spoken._replace(version=printable(spoken.version, 64))
    execute_many(connection, _PUT_SESSION, [row])


def put_hello(connection: Connection, spoken: SpokenSession, *, renewed: bool) -> int | None:
    """A hello was said: its run is the unit's present one, every other is replaced.

    Returns when the run itself had been replaced before, None where it was not.
    """
    rows = query(connection, _RUN, (spoken.unit, spoken.boot))
    put_session(connection, spoken)
    row = (spoken.unit, spoken.outbox, spoken.boot, spoken.session, renewed, spoken.since_ms)
    execute_many(connection, _PUT_OUTBOX, [row])
    execute_many(connection, _PUT_RUN, [(spoken.unit, spoken.boot, spoken.since_ms)])
    execute_many(connection, _REPLACE, [(spoken.since_ms, spoken.unit, spoken.boot)])
    return rows[0][0] if rows else None


def has_spoken(connection: Connection, unit: str, boot: str) -> bool:
    """Whether this run of the program ever said hello."""
    return bool(query(connection, _RUN, (unit, boot)))


def will_counts(will: Will, spoken: SpokenSession | None, *, run_has_spoken: bool) -> bool:
    """Whether the will is of the session that spoke last, or of one that never came to speak.

    Session numbers rise within one run of the program.
    """
    if spoken is None:
        return True
    if will.boot == spoken.boot:
        return will.session >= spoken.session
    return not run_has_spoken


def is_older_hello(boot: str, session: int, known: KnownOutbox | None) -> bool:
    """Whether this is a late copy of a hello from before the outbox's last one."""
    return known is not None and known.boot == boot and session < known.session


def lately_replaced(connection: Connection, now_ms: int) -> dict[tuple[str, str], int]:
    """When each run (unit, boot) that was replaced a moment ago was replaced."""
    rows = query(connection, _REPLACED, (now_ms - AT_ONCE_MS,))
    return {(unit, boot): replaced_ms for unit, boot, replaced_ms in rows}


def prune_runs(connection: Connection, before_ms: int) -> None:
    """Forget runs that were replaced before that time."""
    execute_many(connection, _PRUNE_RUNS, [(before_ms,)])

"""`down/stored`, built from the ledger as committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from backend.devices.retirement import retired_units
from backend.devices.sessions import read_session
from backend.ingest.entry import told
from backend.ingest.facts import read_epoch
from backend.ingest.ledger import read_boots, read_outbox
from backend.ingest.outcome import Spoken
from backend.ingest.words import Judged
from backend.records.statements import query
from contract.downlink import Session, Stored

_NEWEST_OUTBOXES = """
SELECT l.unit, l.outbox FROM ledger AS l
LEFT JOIN unit_session AS s ON s.unit = l.unit
WHERE s.outbox IS NULL OR s.outbox = l.outbox OR s.outbox = ''
GROUP BY l.unit, l.outbox
"""


class Confirmation(NamedTuple):
    """What a unit ("bus/b1") is to be told."""

    unit: str
    stored: Stored
    retained: bool
    """Only the present outbox of a unit in service is remembered by the broker."""


def confirm(connection: Connection, spoken: Iterable[Spoken], issued_ms: int) -> list[Confirmation]:
    """Confirmations of these outboxes."""
    epoch = read_epoch(connection)
    retired = retired_units(connection)
    confirmations = []
    for unit, outbox in spoken:
        stored = _stored(connection, unit, outbox, epoch, issued_ms)
        session = read_session(connection, unit)
        present = session is None or session.outbox in {outbox, ""}
        confirmations.append(Confirmation(unit, stored, present and unit not in retired))
    return confirmations


def answer(connection: Connection, judged: Judged, issued_ms: int) -> Stored:
    """The answer to a hello, from the ledger as merged."""
    unit, hello = judged.unit, judged.hello
    return Stored(
        outbox=hello.outbox,
        epoch=read_epoch(connection),
        issued_ms=issued_ms,
        streams={s: told(e) for s, e in read_outbox(connection, unit, hello.outbox).items()},
        answers=Session(boot=hello.boot, session=hello.session),
        renew=judged.judgement.renew,
        known_boots=read_boots(connection, unit, hello.outbox) if judged.judgement.renew else {},
    )


def present_outboxes(connection: Connection) -> list[Spoken]:
    """Every known unit that is not retired, with its present outbox."""
    retired = retired_units(connection)
    rows = query(connection, _NEWEST_OUTBOXES)
    return [(unit, outbox) for unit, outbox in rows if unit not in retired]


def _stored(connection: Connection, unit: str, outbox: str, epoch: str, issued_ms: int) -> Stored:
    entries = read_outbox(connection, unit, outbox)
    streams = {stream: told(entry) for stream, entry in entries.items()}
    return Stored(outbox=outbox, epoch=epoch, issued_ms=issued_ms, streams=streams)

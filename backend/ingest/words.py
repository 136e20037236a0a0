"""Hellos, wills and status messages: who speaks for a unit, and what is answered.

Everything happens in the batch's transaction, before its numbers are merged: a hello is judged
by what was settled when it was said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from backend.devices.model import SpokenSession
from backend.devices.sessions import (
    has_spoken,
    is_older_hello,
    put_hello,
    put_session,
    read_known_outbox,
    read_session,
    will_counts,
)
from backend.ingest.decide import Verdict
from backend.ingest.hello import Judgement, judge
from backend.ingest.ledger import read_outbox
from backend.ingest.sorting import HelloHeard, Lot, Sorted, WillHeard
from contract.topics import Unit, parse_unit
from contract.uplink import Hello, Status


class Judged(NamedTuple):
    """A hello that is to be answered after the merge."""

    unit: str
    hello: Hello
    judgement: Judgement
    replaced: str | None
    """The outbox of the run before, if it was another: its device may be gone."""


@dataclass(slots=True)
class Words:
    """What the words of a batch came to."""

    judged: list[Judged] = field(default_factory=list)
    returned: dict[tuple[str, str], int] = field(default_factory=dict)
    """Runs (unit, boot) that said hello though replaced, and when they had been."""
    lost: dict[str, Unit] = field(default_factory=dict)
    """Units whose will was spoken, with nothing newer said since."""


def hear_words(
    connection: Connection,
    batch: Sorted,
    verdicts: Iterable[Verdict],
    epoch: str,
    received_ms: int,
) -> Words:
    """Note who has spoken and judge what was said, in order of arrival."""
    heard = Words()
    for verdict in verdicts:
        if verdict.lot.key.stream == "status":
            _hear_status(connection, verdict, received_ms)
    for word in batch.words:
        if isinstance(word, HelloHeard):
            _hear_hello(connection, batch, word, epoch, received_ms, heard)
        else:
            _hear_will(connection, batch, word, received_ms, heard)
    return heard


def _hear_status(connection: Connection, verdict: Verdict, received_ms: int) -> None:
    said = [m for m in verdict.messages if isinstance(m, Status) and not m.replayed]
    if not said:
        return
    newest = max(said, key=lambda status: status.session)
    unit = verdict.lot.key.unit
    spoken = read_session(connection, unit)
    if spoken is not None:
        same_outbox = spoken.outbox in {newest.outbox, ""}
        newer = same_outbox and newest.session > spoken.session
        back = spoken.lost and (newest.boot, newest.session) == (spoken.boot, spoken.session)
        if not newer and not back:
            return
    put_session(
        connection,
        SpokenSession(
            unit, newest.outbox, newest.boot, newest.session, newest.version, received_ms
        ),
    )


def _hear_hello(
    connection: Connection,
    batch: Sorted,
    word: HelloHeard,
    epoch: str,
    received_ms: int,
    heard: Words,
) -> None:
    unit, hello = word.route.unit, word.hello
    known = read_known_outbox(connection, unit, hello.outbox)
    if is_older_hello(hello.boot, hello.session, known):
        return
    entries = read_outbox(connection, unit, hello.outbox)
    highest = {stream: entry.highest for stream, entry in entries.items()}
    for stream, count in word.before.items():
        lot = _lot(batch, unit, hello.outbox, stream) if count else None
        if lot is not None:
            numbers = [message.seq for message in lot.messages[:count]]
            highest[stream] = max(*numbers, highest.get(stream, 0))
    contiguous = {stream: entry.contiguous for stream, entry in entries.items()}
    judgement = judge(hello, epoch, highest, contiguous, known)
    before = read_session(connection, unit)
    spoken = SpokenSession(
        unit, hello.outbox, hello.boot, hello.session, hello.version, received_ms
    )
    replaced_ms = put_hello(connection, spoken, renewed=judgement.renew)
    if replaced_ms is not None:
        heard.returned[unit, hello.boot] = replaced_ms
    heard.lost.pop(unit, None)
    another = before is not None and before.boot != hello.boot and before.outbox != hello.outbox
    replaced = before.outbox if before is not None and another else None
    heard.judged.append(Judged(unit, hello, judgement, replaced))


def _hear_will(
    connection: Connection, batch: Sorted, word: WillHeard, received_ms: int, heard: Words
) -> None:
    unit, will = word.route.unit, word.will
    if _speaks_later(batch, word):
        return
    spoken = read_session(connection, unit)
    if spoken is not None and spoken.lost:
        return
    run_has_spoken = has_spoken(connection, unit, will.boot)
    if not will_counts(will, spoken, run_has_spoken=run_has_spoken):
        return
    if spoken is None:
        spoken = SpokenSession(unit, "", will.boot, will.session, "", received_ms)
    put_session(connection, spoken._replace(lost=True))
    heard.lost[unit] = parse_unit(unit)


def _speaks_later(batch: Sorted, word: WillHeard) -> bool:
    """Whether the unit says something new of itself after its will, in the same batch."""
    return any(
        not message.replayed
        for outbox, lot in batch.by_route.get(word.route, {}).items()
        for message in lot.messages[word.before.get(outbox, 0) :]
    )


def _lot(batch: Sorted, unit: str, outbox: str, stream: str) -> Lot | None:
    return next(
        (
            lots[outbox]
            for route, lots in batch.by_route.items()
            if route.unit == unit and route.stream == stream and outbox in lots
        ),
        None,
    )

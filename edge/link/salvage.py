"""A corrupt outbox file: set aside, what can still be read carried over with its keys.

The new file has a new identity of its own, newer than all before. Unconfirmed rows that are
found keep identity and number; the numbers between them that are not found are reported as
corrupt, and those at the ends as forgotten, once the backend has said what it has.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from contract.ranges import RangeSet
from contract.streams import STREAMS, Stream
from edge.link.books import BookState, Loss, absent_below
from edge.link.database import Connect, Database, connect_sqlite
from edge.link.errors import StorageFailed
from edge.link.identity import Identity
from edge.link.loading import load_identities, load_states
from edge.link.outbox import Outbox
from edge.link.schema import STREAM_SHIFT, book_key, row_id, seq_of

logger = logging.getLogger(__name__)

PAGES = (200, 1)
"""Rows read at once; one by one where the broken page is near."""
_PAGE_OF_ROWS = (
    "SELECT id, boot.boot, boot_ms, observed_ms, clock, sent_as, check_sum, body"
    " FROM message CROSS JOIN boot ON boot.number = message.boot WHERE id >= ? AND id < ?"
)
"""CROSS: messages are walked in order of their key, so that the walk ends at the broken page."""


def open_outbox(path: Path, serial: str, boot: str, connect: Connect = connect_sqlite) -> Outbox:
    """The outbox at `path`; a corrupt file is set aside first. Raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(path, "unwritable", str(error)) from error
    try:
        return Outbox(path, serial, boot, connect)
    except StorageFailed as failure:
        if failure.fault != "corrupt":
            raise
    return rescue(path, serial, boot, connect)


def rescue(path: Path, serial: str, boot: str, connect: Connect = connect_sqlite) -> Outbox:
    """Set a corrupt file aside and carry over to a new one what can be read.

    Raises StorageFailed.
    """
    aside = set_aside(path)
    outbox = Outbox(path, serial, boot, connect)
    carried = 0
    # What is too broken to be read is known to nobody here; the backend will see the gap.
    with suppress(StorageFailed, msgspec.DecodeError):
        carried = carry_over(aside, outbox, connect)
    logger.warning(
        "outbox %s was corrupt and is new: %d messages were carried over from %s",
        path,
        carried,
        aside.name,
    )
    return outbox


def set_aside(path: Path) -> Path:
    """Rename the file and its journal; returns the new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def carry_over(aside: Path, outbox: Outbox, connect: Connect) -> int:
    """Copy every readable, unconfirmed row of `aside`; returns their number."""
    source = Database(aside, connect)
    try:
        old = load_identities(source)
        epochs: dict[int, str | None] = dict(source.rows("SELECT number, epoch FROM identity"))
        states = load_states(source)
        _copy_facts(source, outbox)
        newest = max((i.ordinal for i in old), default=0)
        carried = 0
        for identity in old:
            new = _adopt(outbox, identity, identity.ordinal - newest, epochs[identity.number])
            for stream in STREAMS:
                state = states.get(book_key(identity.number, stream.number), BookState())
                carried += _copy(source, outbox, (identity, new), stream, state)
    finally:
        with suppress(StorageFailed):
            source.close()
        outbox.reload()
    return carried


def _copy_facts(source: Database, outbox: Outbox) -> None:
    """Copy what dates the rows and what is not to be retained, as far as it can be read."""
    for table, marks in (("anchor", "?, ?, ?, ?, ?"), ("note", "?, ?")):
        with suppress(StorageFailed), outbox.database.transaction():
            outbox.database.run_many(
                f"INSERT OR IGNORE INTO {table} VALUES ({marks})",  # noqa: S608 - our own names
                source.rows(f"SELECT * FROM {table}"),  # noqa: S608
            )


def _adopt(outbox: Outbox, identity: Identity, ordinal: int, epoch: str | None) -> Identity:
    """Enter an old identity, older than the present one, under a free number."""
    taken = {row[0] for row in outbox.database.rows("SELECT number FROM identity")}
    number = min(set(range(len(taken) + 1)) - taken)
    with outbox.database.transaction():
        outbox.database.run(
            "INSERT INTO identity VALUES (?, ?, ?, ?, ?)",
            (number, identity.outbox, identity.serial, ordinal, epoch),
        )
    return Identity(number, identity.outbox, identity.serial, ordinal)


def _copy(
    source: Database,
    outbox: Outbox,
    identities: tuple[Identity, Identity],
    stream: Stream,
    state: BookState,
) -> int:
    old, new = identities
    found = RangeSet()
    wanted = RangeSet([(1, 1 << STREAM_SHIFT)]).difference(RangeSet(state.confirmed))
    for start, end in wanted.ranges:
        bounds = row_id(old.number, stream.number, start), row_id(old.number, stream.number, end)
        found = found.union(_copy_range(source, outbox, bounds, (old, new)))
    state.next = max(state.next, (found.highest() or 0) + 1)
    state.absent = absent_below(found, state.next)
    gaps: list[Loss] = [(start, end, "corrupt") for start, end in state.absent]
    state.unreported = (*state.unreported, *gaps)
    with outbox.database.transaction():
        outbox.database.run(
            "INSERT INTO progress VALUES (?, ?)",
            (book_key(new.number, stream.number), msgspec.json.encode(state)),
        )
    return len(found)


def _copy_range(
    source: Database,
    outbox: Outbox,
    bounds: tuple[int, int],
    identities: tuple[Identity, Identity],
) -> RangeSet:
    """Copy the rows with keys in [low, high), from both ends towards the broken page."""
    found = RangeSet()
    shift = row_id(identities[1].number, 0, 0) - row_id(identities[0].number, 0, 0)
    for order in ("ASC", "DESC"):
        low, high = bounds
        for limit in PAGES:
            with suppress(StorageFailed):
                query = f"{_PAGE_OF_ROWS} ORDER BY id {order} LIMIT {limit}"
                while page := source.rows(query, (low, high)):
                    _insert(outbox, page, shift)
                    found = found.union(RangeSet.of(seq_of(row[0]) for row in page))
                    if order == "ASC":
                        low = page[-1][0] + 1
                    else:
                        high = page[-1][0]
                return found
    return found


def _insert(outbox: Outbox, page: list[tuple[Any, ...]], shift: int) -> None:
    with outbox.database.transaction():
        outbox.database.run_many(
            "INSERT OR IGNORE INTO boot (boot) VALUES (?)", [(row[1],) for row in page]
        )
        outbox.database.run_many(
            "INSERT OR IGNORE INTO message"
            " SELECT ?, boot.number, ?, ?, ?, ?, ?, ? FROM boot WHERE boot = ?",
            [(row[0] + shift, *row[2:], row[1]) for row in page],
        )

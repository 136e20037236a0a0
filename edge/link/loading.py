"""Opening an outbox file: its tables made, its books read, what nothing belongs to forgotten."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contract.ranges import Range
from contract.streams import STREAMS, Stream
from edge.link import schema
from edge.link.anchors import Anchor, AnchorBook
from edge.link.books import Book, BookState
from edge.link.database import Database
from edge.link.identity import Identity
from edge.link.schema import book_key, row_id, seq_of

_states = msgspec.json.Decoder(BookState)


def prepare(database: Database) -> None:
    """Set the pragmas, and make the tables of a new file."""
    for pragma in schema.PRAGMAS:
        database.run(pragma)
    if database.row("PRAGMA user_version")[0] == 0:
        with database.transaction():
            for table in schema.TABLES:
                database.run(table)


def load_identities(database: Database) -> list[Identity]:
    """Every identity the file has had and still has rows of."""
    return [
        Identity(*row)
        for row in database.rows("SELECT number, outbox, serial, ordinal FROM identity")
    ]


def load_anchors(database: Database) -> AnchorBook:
    """Every anchor of the boots that still have rows."""
    rows = database.rows("SELECT machine, from_boot_ms, boot_ms, utc_ms, source FROM anchor")
    return AnchorBook(Anchor(*row) for row in rows)


def load_states(database: Database) -> dict[int, BookState]:
    """The written progress of every book, by its key."""
    rows = database.rows("SELECT key, state FROM progress")
    return {key: _states.decode(state) for key, state in rows}


def load_books(database: Database, identities: Iterable[Identity]) -> list[Book]:
    """The books of every stream that has rows or has had any."""
    states = load_states(database)
    books = []
    for identity in identities:
        for stream in STREAMS:
            key = book_key(identity.number, stream.number)
            rows = span(database, identity, stream)
            if rows != (1, 1) or key in states:
                books.append(Book(identity, stream, states.get(key, BookState()), rows))
    return books


def span(database: Database, identity: Identity, stream: Stream) -> Range:
    """The lowest and one past the highest number in the file; (1, 1) where there is none."""
    bounds = (
        row_id(identity.number, stream.number, 0),
        row_id(identity.number, stream.number + 1, 0),
    )
    low, high = database.row(
        "SELECT (SELECT min(id) FROM message WHERE id >= ?1 AND id < ?2),"
        " (SELECT max(id) FROM message WHERE id >= ?1 AND id < ?2)",
        bounds,
    )
    return (1, 1) if low is None else (seq_of(low), seq_of(high) + 1)


def tidy(
    database: Database, identities: Iterable[Identity], books: Iterable[Book], machine: str
) -> None:
    """Delete identities, boots and anchors to which no row belongs, in a transaction."""
    held = [book for book in books if book.held]
    used = {book.identity.number for book in held}
    newest = max((i.ordinal for i in identities), default=0)
    for identity in identities:
        if identity.number not in used and identity.ordinal != newest:
            low, high = book_key(identity.number, 0), book_key(identity.number + 1, 0)
            database.run("DELETE FROM progress WHERE key >= ? AND key < ?", (low, high))
            database.run("DELETE FROM identity WHERE number = ?", (identity.number,))
    oldest_boots = [
        database.row(
            "SELECT boot FROM message WHERE id >= ? LIMIT 1",
            (row_id(book.identity.number, book.stream.number, book.first),),
        )[0]
        for book in held
    ]
    if oldest_boots:
        database.run("DELETE FROM boot WHERE number < ?", (min(oldest_boots),))
    database.run(
        "DELETE FROM anchor WHERE machine <> ?"
        " AND machine NOT IN (SELECT substr(boot, 1, 8) FROM boot)",
        (machine,),
    )

"""A rolled-back card: what the backend knows keeps its key, the rest is numbered afresh.

After a rollback the file would give numbers a second time. The backend tells per boot the
highest number it has stored: a row of that boot up to that number is the message it knows, or
an older one it still lacks, and keeps its key. Every other row moves, in one transaction, to
an identity that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.downlink import Stored, StoredRanges
from contract.ranges import RangeSet
from edge.link.books import Book, absent_below
from edge.link.identity import Identity
from edge.link.outbox import Outbox
from edge.link.schema import row_id, seq_of

PAGE = 1_000


def renew(outbox: Outbox, identity: Identity, stored: Stored) -> int:
    """Obey `stored.renew`; returns how many rows were numbered afresh."""
    try:
        with outbox.database.transaction():
            for book in outbox.books.values():
                outbox.save_book(book)
            new = outbox.insert_identity() if identity == outbox.current else outbox.current
            return sum(_split(outbox, book, stored, new) for book in outbox.books_of(identity))
    finally:
        outbox.reload()


def _split(outbox: Outbox, book: Book, stored: Stored, new: Identity) -> int:
    """Move what the backend does not know of one book to the identity `new`."""
    known = stored.known_boots.get(book.stream.name, {})
    told = stored.streams.get(book.stream.name, StoredRanges(contiguous=0))
    moving = _unknown(outbox, book, known)
    kept = book.held.difference(moving)
    top = max([told.contiguous, *known.values(), *(end - 1 for _, end in told.above)])
    # This identity gives no more numbers; its next must not look rolled back again.
    state = book.state()
    state.next = max(top, kept.highest() or 0) + 1
    state.absent = absent_below(kept, state.next)
    outbox.save_book(book, state)
    _move(outbox, book, moving, new)
    return len(moving)


def _unknown(outbox: Outbox, book: Book, known: Mapping[str, int]) -> RangeSet:
    """Numbers of the rows that are not the messages the backend knows."""
    ranges = RangeSet()
    start = book.first
    end = row_id(book.identity.number, book.stream.number + 1, 0)
    while True:
        page = outbox.database.rows(
            "SELECT id, boot.boot FROM message LEFT JOIN boot ON boot.number = message.boot"
            " WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            (row_id(book.identity.number, book.stream.number, start), end, PAGE),
        )
        numbers = [seq_of(key) for key, boot in page if seq_of(key) > known.get(boot, 0)]
        ranges = ranges.union(RangeSet.of(numbers))
        if len(page) < PAGE:
            return ranges
        start = seq_of(page[-1][0]) + 1


def _move(outbox: Outbox, book: Book, moving: RangeSet, to: Identity) -> None:
    target = outbox.book(to, book.stream)
    number = target.next
    for start, end in moving.ranges:
        outbox.database.run(
            "UPDATE message SET id = id + ? WHERE id >= ? AND id < ?",
            (
                row_id(to.number, book.stream.number, number)
                - row_id(book.identity.number, book.stream.number, start),
                row_id(book.identity.number, book.stream.number, start),
                row_id(book.identity.number, book.stream.number, end),
            ),
        )
        number += end - start
    state = target.state()
    state.next = number
    outbox.save_book(target, state)

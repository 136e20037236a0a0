"""What goes next: strictly by lane; within a stream the newest first, then oldest to newest.

Rules of this file: pure. A stream is the chain of its books, one per identity, in the order
in which the identities were drawn: every message of a later one is newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.link.books import Book

Place = tuple[int, int]
"""(ordinal of the identity, number): a message's place in its stream."""

BACKLOG_MAX_BYTES = 8_000
"""Law 6: unacknowledged backlog in flight stays under 8 KB, whatever the link."""
RESERVE_BYTES = 2_000
"""Room above the backlog for the newest message of each stream."""
URGENT_MAX_BYTES = 65_536
BACKLOG_MAX_UNCONFIRMED = 2_000
"""Messages the broker may hold for an ingest that is away, per unit: its queue is bounded too."""
LIVE_MAX_UNCONFIRMED = 4_000
URGENT_LANE = 1
REPLAYED_AFTER_MS = 30_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message that may go next."""

    book: Book
    seq: int
    newest: bool

    @property
    def place(self) -> Place:
        return (self.book.identity.ordinal, self.seq)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is under way: bytes without PUBACK, and messages sent but not confirmed."""

    bytes_in_flight: int
    unconfirmed: int
    window_bytes: float


def streams_in_order(books: Iterable[Book]) -> list[list[Book]]:
    """The books of each stream, streams by lane, books oldest identity first."""
    chains: dict[tuple[int, int], list[Book]] = {}
    for book in books:
        chains.setdefault((book.stream.lane, book.stream.number), []).append(book)
    return [sorted(chains[key], key=lambda b: b.identity.ordinal) for key in sorted(chains)]


def candidate(chain: list[Book], gone: Place) -> Candidate | None:
    """The next message of one stream; `gone` is the newest place that has been sent."""
    for book in reversed(chain):
        newest = book.pending.highest()
        if newest is not None:
            if (book.identity.ordinal, newest) > gone:
                return Candidate(book, newest, newest=True)
            break
    for book in chain:
        if book.pending:
            return Candidate(book, book.pending.ranges[0][0], newest=False)
    return None


def admits(chosen: Candidate, size: int, traffic: Traffic) -> bool:
    """Whether a message of `size` bytes may be handed to the broker now."""
    total = traffic.bytes_in_flight + size
    if not chosen.newest:
        return traffic.unconfirmed < BACKLOG_MAX_UNCONFIRMED and (
            total <= min(traffic.window_bytes, BACKLOG_MAX_BYTES) or traffic.bytes_in_flight == 0
        )
    if chosen.book.stream.lane <= URGENT_LANE:
        return total <= URGENT_MAX_BYTES
    return traffic.unconfirmed < LIVE_MAX_UNCONFIRMED and (
        total <= traffic.window_bytes + RESERVE_BYTES or traffic.bytes_in_flight == 0
    )

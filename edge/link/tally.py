"""Counts of a run, in which a message that is sent twice counts once."""

from __future__ import annotations

from collections import Counter

from contract.ranges import RangeSet
from contract.streams import STREAMS
from edge.link.books import Book
from edge.link.health import StreamCounts

Sets = dict[tuple[str, str], RangeSet]


class Tally:
    """What became of the messages of this run."""

    def __init__(self) -> None:
        self.put: Counter[str] = Counter()
        self._published: Sets = {}
        self._acknowledged: Sets = {}
        self._confirmed: Sets = {}

    def published(self, book: Book, seq: int) -> None:
        """One message was handed to the broker."""
        _add(self._published, book, RangeSet([(seq, seq + 1)]))

    def acknowledged(self, book: Book, seq: int) -> None:
        """The broker acknowledged it."""
        _add(self._acknowledged, book, RangeSet([(seq, seq + 1)]))

    def confirmed(self, book: Book) -> None:
        """Take in what is confirmed of a book."""
        _add(self._confirmed, book, book.held.difference(book.unconfirmed))

    def counts(self) -> dict[str, StreamCounts]:
        """Per stream that had any traffic."""
        found = {
            stream.name: StreamCounts(
                put=self.put[stream.name],
                published=_total(self._published, stream.name),
                acknowledged=_total(self._acknowledged, stream.name),
                confirmed=_total(self._confirmed, stream.name),
            )
            for stream in STREAMS
        }
        return {name: counts for name, counts in found.items() if counts != StreamCounts()}


def _add(sets: Sets, book: Book, numbers: RangeSet) -> None:
    key = (book.identity.outbox, book.stream.name)
    sets[key] = sets.get(key, RangeSet()).union(numbers)


def _total(sets: Sets, stream: str) -> int:
    return sum(len(numbers) for (_, name), numbers in sets.items() if name == stream)

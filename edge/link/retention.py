"""What leaves the outbox, in which order: stored rows when old, others only to make room.

The drop policy: stored rows first; then health, wifi, occupancy, positions, acks, each oldest
first; then status, taps and, last of all, alarms. Whatever was not stored is reported as
dropped, with its range.
"""

from __future__ import annotations

from contract.ranges import RangeSet
from edge.link.books import Book
from edge.link.dating import Dated, Present, date_row
from edge.link.outbox import Outbox
from edge.link.rows import Row

DROP_ORDER = ("health", "wifi", "occupancy", "position", "ack", "status", "tap", "alarm")
CHUNK = 4_000
"""Rows deleted in one transaction: some 800 pages."""


def trim(outbox: Outbox, present: Present, max_bytes: int, max_age_ms: int) -> int:
    """Delete stored rows that are too old or too many; returns how many went."""
    removed = 0
    now = outbox.anchors.date(present.machine, present.boot_ms)
    if now is not None:
        # Without a trusted clock nobody knows how old anything is.
        for book in list(outbox.books.values()):
            old = _measured_before(outbox, book, now[0] - max_age_ms, present)
            removed += _remove_all(outbox, book, old)
    held = sum(len(book.held) for book in outbox.books.values())
    stored = sum(len(_stored(book)) for book in outbox.books.values())
    if held:
        bytes_per_row = max(outbox.live_bytes() / held, 1.0)
        too_many = stored - int(max_bytes / bytes_per_row)
        removed += remove_stored(outbox, too_many, present) if too_many > 0 else 0
    return removed


def make_room(outbox: Outbox, max_bytes: int, present: Present) -> dict[str, int]:
    """Bring the file under its bound; returns the rows dropped per stream, stored ones not."""
    live = outbox.live_bytes()
    held = sum(len(book.held) for book in outbox.books.values())
    if live <= max_bytes or not held:
        return {}
    # Two percent below, so that a full outbox does not drop with every batch.
    count = int((live - max_bytes * 0.98) / (live / held)) + 1
    count -= remove_stored(outbox, count, present)
    dropped: dict[str, int] = {}
    for name in DROP_ORDER:
        books = [book for book in outbox.books.values() if book.stream.name == name]
        for book in sorted(books, key=lambda b: b.identity.ordinal):
            lost = lowest(book.held, min(max(count, 0), CHUNK))
            if lost:
                outbox.remove(book, lost, "dropped")
                dropped[name] = dropped.get(name, 0) + len(lost)
                count -= len(lost)
    return dropped


def lowest(numbers: RangeSet, count: int) -> RangeSet:
    """The `count` lowest of `numbers`."""
    taken = []
    for start, end in numbers.ranges:
        if count <= 0:
            break
        taken.append((start, min(end, start + count)))
        count -= end - start
    return RangeSet(taken)


def _stored(book: Book) -> RangeSet:
    return book.held.difference(book.unconfirmed)


def remove_stored(outbox: Outbox, count: int, present: Present) -> int:
    """Delete up to `count` stored rows, the stream with the oldest first."""
    removed = 0
    while removed < count:
        heads = [
            (_date_ms(outbox, book, stored.ranges[0][0], present), book, stored)
            for book in outbox.books.values()
            if (stored := _stored(book))
        ]
        if not heads:
            break
        _, book, stored = min(heads, key=lambda head: head[0])
        chunk = lowest(stored, min(count - removed, max(CHUNK // len(heads), 1)))
        outbox.remove(book, chunk, None)
        removed += len(chunk)
    return removed


def _remove_all(outbox: Outbox, book: Book, numbers: RangeSet) -> int:
    total = len(numbers)
    while numbers:
        chunk = lowest(numbers, CHUNK)
        outbox.remove(book, chunk, None)
        numbers = numbers.difference(chunk)
    return total


def _measured_before(outbox: Outbox, book: Book, limit_ms: int, present: Present) -> RangeSet:
    """The stored rows measured before `limit_ms`, found by halving: dates rise with numbers."""
    stored = _stored(book)
    if not stored:
        return stored
    low, high = stored.ranges[0][0], stored.ranges[-1][1]
    while low < high:
        middle = (low + high) // 2
        if _date_ms(outbox, book, middle, present) < limit_ms:
            low = middle + 1
        else:
            high = middle
    return stored.difference(stored.difference(RangeSet([(0, low)])))


def _date_ms(outbox: Outbox, book: Book, number: int, present: Present) -> int:
    """When the first row at or after `number` was measured; the present where it cannot be said."""
    row = next(outbox.read(book, number, book.next, 1), None)
    if not isinstance(row, Row):
        return present.wall_ms
    date = date_row(row, outbox.anchors, present, patient=True)
    return date.observed_ms if isinstance(date, Dated) else present.wall_ms

"""Turns the next message of the outbox into bytes for the broker, if its time has come.

A row that waits for a date is passed over, one whose wait is over has its date frozen on disk
first, one that the card has garbled is deleted and reported.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from contract.clock import Clock
from contract.ranges import RangeSet
from edge.link.books import Book
from edge.link.dating import Dated, Freeze, Present, Wait, age_ms, date_row
from edge.link.envelope import message_bytes
from edge.link.identity import machine_of
from edge.link.notes import quiet_note
from edge.link.outbox import Outbox
from edge.link.rows import Row
from edge.link.sender import (
    REPLAYED_AFTER_MS,
    Candidate,
    Place,
    Traffic,
    admits,
    candidate,
    streams_in_order,
)

logger = logging.getLogger(__name__)

PAGE = 32
"""Rows of a backlog read at once."""
PACKET_OVERHEAD = 8
"""Bytes that MQTT adds to topic and payload at QoS 1, TCP left out."""
NOWHERE: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, ready."""

    book: Book
    seq: int
    payload: bytes
    size: int
    """Bytes of the packet."""
    retain: bool
    newest: bool

    @property
    def stream(self) -> str:
        return self.book.stream.name


class Courier:
    """Chooses and packs; whoever publishes a parcel says so with `took`."""

    def __init__(self, outbox: Outbox, clock: Clock, topic_bytes: int) -> None:
        """`topic_bytes`: length of a topic without its stream."""
        self._outbox = outbox
        self._clock = clock
        self._topic_bytes = topic_bytes
        self._gone: dict[str, Place] = {}
        self._page: tuple[Book, dict[int, Row | None]] | None = None
        self._wake_ms: int | None = None

    @property
    def wake_ms(self) -> int | None:
        """Boot clock at which the first waiting row will wait no longer."""
        return self._wake_ms

    def present(self) -> Present:
        """This moment."""
        return Present(machine_of(self._outbox.boot), self._clock.boot_ms(), self._clock.now_ms())

    def wake(self) -> None:
        """Rows that waited may have a date now."""
        self._wake_ms = None
        for book in self._outbox.books.values():
            book.wake()

    def next_parcel(self, books: Iterable[Book], traffic: Traffic) -> Parcel | None:
        """The next message that may go, or None. Raises StorageFailed."""
        present = self.present()
        backlog_blocked = False
        for chain in streams_in_order(books):
            gone = self._gone.get(chain[0].stream.name, NOWHERE)
            while chosen := candidate(chain, gone):
                if not chosen.newest and backlog_blocked:
                    break
                row = self._load(chosen)
                date = row and self._date(chosen.book, row, present)
                if row is None or date is None:
                    continue
                parcel = self._pack(chosen, row, date, present)
                if admits(chosen, parcel.size, traffic):
                    return parcel
                if chosen.newest:
                    return None
                # Only the newest of the lanes below may still go, into the room kept for them.
                backlog_blocked = True
                break
        return None

    def took(self, parcel: Parcel, now_s: float) -> None:
        """The parcel was handed to the broker at `now_s` (monotonic)."""
        place = (parcel.book.identity.ordinal, parcel.seq)
        self._gone[parcel.stream] = max(self._gone.get(parcel.stream, NOWHERE), place)
        parcel.book.mark_sent(parcel.seq, now_s)

    def _load(self, chosen: Candidate) -> Row | None:
        """The row, or None where it was found corrupt and is now reported lost."""
        book, seq = chosen.book, chosen.seq
        if self._page is None or self._page[0] is not book or seq not in self._page[1]:
            rows: dict[int, Row | None] = {seq: None}
            limit = 1 if chosen.newest else PAGE
            for found in self._outbox.read(book, seq, book.next, limit):
                rows |= {found.seq: found} if isinstance(found, Row) else {found: None}
            self._page = (book, rows)
        row = self._page[1][seq]
        if row is None:
            self._page = None
            logger.error(
                "stream=%s seq=%d event=corrupt_row: reported as lost", book.stream.name, seq
            )
            self._outbox.remove(book, RangeSet([(seq, seq + 1)]), "corrupt")
        return row

    def _date(self, book: Book, row: Row, present: Present) -> Dated | None:
        """The row's date, or None where it is to wait or was just frozen and must be re-read."""
        date = date_row(row, self._outbox.anchors, present, patient=is_patient(book, row))
        if isinstance(date, Dated):
            return date
        if isinstance(date, Wait):
            until_ms = present.boot_ms + date.milliseconds
            self._wake_ms = min(self._wake_ms or until_ms, until_ms)
            book.wait(row.seq)
        else:
            self._freeze(book, row, date, present)
        return None

    def _freeze(self, book: Book, row: Row, date: Freeze, present: Present) -> None:
        dates = {row.seq: date.observed_ms}
        for other in (self._page[1] if self._page else {}).values():
            if other is not None and other.seq not in dates:
                its = date_row(
                    other, self._outbox.anchors, present, patient=is_patient(book, other)
                )
                if isinstance(its, Freeze):
                    dates[other.seq] = its.observed_ms
        self._outbox.freeze(book, list(dates.items()))
        self._page = None

    def _pack(self, chosen: Candidate, row: Row, date: Dated, present: Present) -> Parcel:
        book = chosen.book
        age = age_ms(row, present)
        replayed = not chosen.newest or age is None or age > REPLAYED_AFTER_MS
        payload = message_bytes(
            book.identity.outbox,
            row.seq,
            row.boot,
            (date.observed_ms, date.clock),
            row.boot_ms,
            row.body,
            replayed=replayed,
        )
        quiet_below = self._outbox.notes.get(quiet_note(book.identity, book.stream.name), 0)
        return Parcel(
            book=book,
            seq=row.seq,
            payload=payload,
            size=self._topic_bytes + len(book.stream.name) + len(payload) + PACKET_OVERHEAD,
            retain=(
                book.stream.retained
                and not replayed
                and book.identity == self._outbox.current
                and row.seq >= quiet_below
            ),
            newest=chosen.newest,
        )


def is_patient(book: Book, row: Row) -> bool:
    """Whether a row without date waits for one: alarms, answers and reports of loss do not.

    Somebody waits for an answer, and it may be the cry for help of a device without a clock.
    """
    if book.stream.name in {"alarm", "ack"}:
        return False
    return book.stream.name != "status" or not msgspec.json.decode(row.body).get("lost")

"""The durable outbox: what was measured and is not yet known to be stored, in one SQLite file.

Rules of this file: a number exists when its row is synced and never before; nothing is changed
in memory that is not changed on disk, but for what a resend would restore (confirmations are
written with the next batch, at most once a minute). Every method may raise StorageFailed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from contract.crash_points import ROW_WRITTEN_NOT_SYNCED, reach
from contract.ranges import RangeSet
from contract.streams import STREAMS, Stream
from edge.link import schema
from edge.link.anchors import Anchor
from edge.link.books import Book, BookState, Cause, Loss
from edge.link.database import Connect, Database, connect_sqlite
from edge.link.identity import Identity, draw_outbox_id, machine_of
from edge.link.loading import load_anchors, load_books, load_identities, prepare, span, tidy
from edge.link.rows import NewRow, Row, check_sum
from edge.link.schema import CLOCKS, book_key, row_id, seq_of

BY_NUMBER = {stream.number: stream for stream in STREAMS}


class Outbox:
    """One open outbox file."""

    def __init__(
        self, path: Path, serial: str, boot: str, connect: Connect = connect_sqlite
    ) -> None:
        """Open or create; `boot` is this run's id and `serial` this machine's."""
        self.path = path
        self.boot = boot
        self._serial = serial
        self.database = Database(path, connect)
        try:
            self._open()
        except BaseException:
            self.database.close()
            raise

    def _open(self) -> None:
        prepare(self.database)
        identities = load_identities(self.database)
        books = load_books(self.database, identities)
        with self.database.transaction():
            tidy(self.database, identities, books, machine_of(self.boot))
            self.database.run("INSERT OR IGNORE INTO boot (boot) VALUES (?)", (self.boot,))
            newest = max(identities, key=lambda i: i.ordinal, default=None)
            if newest is None or newest.serial != self._serial:
                self.identities = {i.number: i for i in identities}
                self.insert_identity()
        self.reload()
        self._boot_number = next(n for n, boot in self._boots.items() if boot == self.boot)

    def reload(self) -> None:
        """Read the file; what only the session knew of its books is forgotten."""
        self.anchors = load_anchors(self.database)
        self.notes: dict[str, int] = dict(self.database.rows("SELECT name, value FROM note"))
        self._boots: dict[int, str] = dict(self.database.rows("SELECT number, boot FROM boot"))
        identities = load_identities(self.database)
        self.identities = {i.number: i for i in identities}
        self.current = max(identities, key=lambda i: i.ordinal)
        self.epochs: dict[int, str | None] = dict(
            self.database.rows("SELECT number, epoch FROM identity")
        )
        self.books = {
            book_key(book.identity.number, book.stream.number): book
            for book in load_books(self.database, identities)
        }

    def insert_identity(self) -> Identity:
        """A fresh identity for this machine, inside the caller's transaction."""
        number = min(set(range(schema.MAX_IDENTITIES)) - self.identities.keys())
        ordinal = 1 + max((i.ordinal for i in self.identities.values()), default=0)
        identity = Identity(number, draw_outbox_id(), self._serial, ordinal)
        self.database.run(
            "INSERT INTO identity (number, outbox, serial, ordinal) VALUES (?, ?, ?, ?)",
            (number, identity.outbox, self._serial, ordinal),
        )
        return identity

    def book(self, identity: Identity, stream: Stream) -> Book:
        """The book of one stream of one identity, begun where there is none."""
        key = book_key(identity.number, stream.number)
        if key not in self.books:
            self.books[key] = Book(identity, stream, BookState(), (1, 1))
        return self.books[key]

    def books_of(self, identity: Identity) -> list[Book]:
        """All books of an identity."""
        return [book for book in self.books.values() if book.identity == identity]

    def append(
        self,
        rows: Sequence[NewRow],
        *,
        save: Iterable[Book] = (),
        reported: Iterable[tuple[Book, tuple[Loss, ...]]] = (),
    ) -> None:
        """Number, write and sync `rows` under the current identity.

        `save` names books whose confirmations go along; `reported` are the losses that these
        rows report, per book.
        """
        new: dict[int, list[tuple[object, ...]]] = {}
        for row in rows:
            book = self.book(self.current, BY_NUMBER[row.stream])
            done = new.setdefault(row.stream, [])
            done.append(self._values(row, book.next + len(done)))
        said = [(book, book.state_after_report(part)) for book, part in reported]
        marks = dict(row.mark for row in rows if row.mark is not None)
        with self.database.transaction(lambda: reach(ROW_WRITTEN_NOT_SYNCED)):
            for values in new.values():
                self.database.run_many(_INSERT, values)
            for name, value in marks.items():
                self._write_note(name, value)
            for book in save:
                self.save_book(book)
            for book, state in said:
                self.save_book(book, state)
        self.notes.update(marks)
        for stream, values in new.items():
            self.book(self.current, BY_NUMBER[stream]).appended(len(values))
        for book, state in said:
            book.reported(state)

    def _values(self, row: NewRow, seq: int) -> tuple[object, ...]:
        return (
            row_id(self.current.number, row.stream, seq),
            self._boot_number,
            row.boot_ms,
            row.observed_ms,
            CLOCKS.index(row.clock),
            row.sent_as,
            check_sum(row.boot_ms, row.observed_ms, row.clock, row.body),
            row.body,
        )

    def was_written(self, counts: dict[int, int]) -> bool:
        """After a failed `append`: whether its commit took place all the same.

        `counts` gives the rows per stream number. If so the books are brought up to date.
        """
        for stream, count in counts.items():
            book = self.book(self.current, BY_NUMBER[stream])
            if span(self.database, self.current, book.stream)[1] < book.next + count:
                return False
        for stream, count in counts.items():
            self.book(self.current, BY_NUMBER[stream]).appended(count)
        self.notes = dict(self.database.rows("SELECT name, value FROM note"))
        return True

    def save_book(self, book: Book, state: BookState | None = None) -> None:
        """Write one book's progress, inside the caller's transaction."""
        key = book_key(book.identity.number, book.stream.number)
        encoded = msgspec.json.encode(state or book.state())
        self.database.run(
            "INSERT INTO progress VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET state = ?2",
            (key, encoded),
        )

    def save_progress(self, books: Iterable[Book]) -> None:
        """Write the progress of `books` now."""
        with self.database.transaction():
            for book in books:
                self.save_book(book)

    def adopt_epoch(self, identity: Identity, epoch: str) -> None:
        """The ledger has this epoch now: what another one confirmed no longer counts."""
        books = self.books_of(identity)
        with self.database.transaction():
            self.database.run(
                "UPDATE identity SET epoch = ? WHERE number = ?", (epoch, identity.number)
            )
            for book in books:
                state = book.state()
                state.confirmed = state.explained = ()
                self.save_book(book, state)
        self.epochs[identity.number] = epoch
        for book in books:
            book.new_epoch()

    def read(self, book: Book, start: int, end: int, limit: int) -> Iterator[Row | int]:
        """Up to `limit` rows of [start, end), lowest first; the bare number of a corrupt one."""
        found = self.database.rows(
            _SELECT,
            (
                row_id(book.identity.number, book.stream.number, start),
                row_id(book.identity.number, book.stream.number, end),
                limit,
            ),
        )
        for key, boot, boot_ms, observed_ms, clock, sent_as, expected, body in found:
            try:
                source = CLOCKS[clock]
                sound = check_sum(boot_ms, observed_ms, source, body) == expected
                row = Row(
                    seq_of(key), self._boots[boot], boot_ms, observed_ms, source, sent_as, body
                )
            except (TypeError, IndexError, KeyError):
                sound = False
            yield row if sound else seq_of(key)

    def freeze(self, book: Book, dates: Sequence[tuple[int, int]]) -> None:
        """Fix the (number, date in ms) of rows that go without a trusted clock."""
        identity, stream = book.identity.number, book.stream.number
        with self.database.transaction():
            self.database.run_many(
                "UPDATE message SET sent_as = ? WHERE id = ?",
                [(date, row_id(identity, stream, seq)) for seq, date in dates],
            )

    def add_anchor(self, anchor: Anchor) -> None:
        """Write an anchor down; only then may it date anything."""
        with self.database.transaction():
            self.database.run(
                "INSERT INTO anchor VALUES (?, ?, ?, ?, ?)",
                (
                    anchor.machine,
                    anchor.from_boot_ms,
                    anchor.boot_ms,
                    anchor.utc_ms,
                    anchor.source,
                ),
            )
        self.anchors.add(anchor)

    def remove(self, book: Book, numbers: RangeSet, cause: Cause | None) -> None:
        """Delete rows; with a `cause` they are lost and will be reported, else they are stored."""
        state = book.state_after_loss(numbers, cause)
        identity, stream = book.identity.number, book.stream.number
        with self.database.transaction():
            for start, end in numbers.ranges:
                self.database.run(
                    "DELETE FROM message WHERE id >= ? AND id < ?",
                    (row_id(identity, stream, start), row_id(identity, stream, end)),
                )
            self.save_book(book, state)
        book.removed(numbers, state)

    def note(self, values: Mapping[str, int | None]) -> None:
        """Remember numbers under names; None forgets."""
        with self.database.transaction():
            for name, value in values.items():
                self._write_note(name, value)
        known = {**self.notes, **values}
        self.notes = {name: value for name, value in known.items() if value is not None}

    def _write_note(self, name: str, value: int | None) -> None:
        self.database.run("DELETE FROM note WHERE name = ?", (name,))
        if value is not None:
            self.database.run("INSERT INTO note VALUES (?, ?)", (name, value))

    def live_bytes(self) -> int:
        """Bytes of the file that hold something."""
        pages = self.database.row("PRAGMA page_count")[0]
        free = self.database.row("PRAGMA freelist_count")[0]
        size = self.database.row("PRAGMA page_size")[0]
        return int((pages - free) * size)

    def close(self) -> None:
        """Write what is known and close the file."""
        try:
            self.save_progress(self.books.values())
        finally:
            self.database.close()


_INSERT = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = (
    "SELECT id, boot, boot_ms, observed_ms, clock, sent_as, check_sum, body FROM message"
    " WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)

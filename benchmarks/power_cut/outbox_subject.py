"""The agent's outbox under power cuts: what had a number keeps it, and nobody else gets it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.power_cut.runner import Findings
from benchmarks.power_cut.vfs import Connect, Recorder
from contract.downlink import Stored, StoredRanges
from contract.ranges import RangeSet
from contract.streams import STREAMS
from edge.link.anchors import Anchor
from edge.link.books import Book, Cause
from edge.link.errors import StorageFailed
from edge.link.outbox import BY_NUMBER, Outbox
from edge.link.renewal import renew
from edge.link.rows import NewRow, Row

_SERIAL = "power-cut-machine"
_FILE = "outbox.sqlite"

Series = tuple[str, int]
"""Outbox id and number of the stream."""


class Numbered(NamedTuple):
    """This row was synced and may have left since."""

    series: Series
    seq: int
    body: bytes
    boot: str


class Removing(NamedTuple):
    """From now on these rows may be gone."""

    series: Series
    start: int
    end: int
    bodies: frozenset[bytes]


class Moving(NamedTuple):
    """From now on rows of this outbox may be found under another one, with other numbers."""

    outbox: str


class Removed(NamedTuple):
    """They are gone for good, and a loss with a cause is on record."""

    series: Series
    start: int
    end: int
    cause: Cause | None


class OutboxSubject:
    """Appends, confirms, drops, reports and reopens, as the link does."""

    name = "outbox"
    steps = 30

    def work(
        self, directory: Path, connect: Connect, recorder: Recorder, steps: int, random: Random
    ) -> None:
        """One boot of the agent, with a restart of the program now and then."""
        outbox = _opened(directory, random, connect)
        for _ in range(steps):
            move = random.choices(_MOVES, weights=(24, 6, 4, 2, 2, 2, 2, 1))[0]
            if move is _restart:
                outbox.close()
                outbox = _opened(directory, random, connect)
            else:
                move(outbox, recorder, random)
        outbox.close()

    def inspect(self, directory: Path, said: Sequence[object]) -> Findings:
        """Open with the real code and the real disk, and account for every number."""
        try:
            outbox = _opened(directory, Random(0))  # noqa: S311 - names a boot
        except StorageFailed as error:
            return Findings(corrupt=1, notes=[str(error)])
        try:
            return _account(outbox, said)
        finally:
            outbox.close()


def _opened(directory: Path, random: Random, connect: Connect | None = None) -> Outbox:
    boot = f"{random.getrandbits(32):08x}-{random.getrandbits(32):08x}"
    path = directory / _FILE
    if connect is None:
        return Outbox(path, _SERIAL, boot)
    outbox = Outbox(path, _SERIAL, boot, connect)
    if random.random() < 0.5:
        # The log is written back in the midst of the work, not at its end only.
        outbox.database.run("PRAGMA wal_autocheckpoint=40")
    return outbox


def _append(outbox: Outbox, recorder: Recorder, random: Random) -> None:
    rows = [
        NewRow(
            stream=random.choice(STREAMS).number,
            boot_ms=random.randint(0, 10**9),
            observed_ms=random.choice((None, 1_790_000_000_000)),
            clock="gnss",
            body=random.randbytes(random.choice((40, 150, 900))),
        )
        for _ in range(random.randint(1, 8))
    ]
    nexts = {n: outbox.book(outbox.current, BY_NUMBER[n]).next for n in BY_NUMBER}
    reported = [book for book in outbox.books.values() if book.unreported]
    save = random.sample(list(outbox.books.values()), k=min(2, len(outbox.books)))
    outbox.append(rows, save=save, reported=[(book, book.unreported) for book in reported])
    for row in rows:
        series = (outbox.current.outbox, row.stream)
        recorder.say(Numbered(series, nexts[row.stream], row.body, outbox.boot))
        nexts[row.stream] += 1


def _confirm(outbox: Outbox, _recorder: Recorder, random: Random) -> None:
    for book in outbox.books.values():
        if book.next > 1:
            low = random.randint(0, book.next - 1)
            book.confirm(StoredRanges(contiguous=low))
    if random.random() < 0.5:
        outbox.save_progress(list(outbox.books.values()))


def _forget(outbox: Outbox, recorder: Recorder, random: Random) -> None:
    _remove(outbox, recorder, random, None)


def _drop(outbox: Outbox, recorder: Recorder, random: Random) -> None:
    _remove(outbox, recorder, random, "dropped")


def _remove(outbox: Outbox, recorder: Recorder, random: Random, cause: Cause | None) -> None:
    held = [book for book in outbox.books.values() if book.held]
    if not held:
        return
    book = random.choice(held)
    start, end = book.held.ranges[0]
    end = random.randint(start + 1, end)
    series = (book.identity.outbox, book.stream.number)
    rows = outbox.read(book, start, end, 1_000_000)
    bodies = frozenset(row.body for row in rows if isinstance(row, Row))
    recorder.say(Removing(series, start, end, bodies))
    outbox.remove(book, RangeSet([(start, end)]), cause)
    recorder.say(Removed(series, start, end, cause))


def _restart(_outbox: Outbox, _recorder: Recorder, _random: Random) -> None:
    """Done by the caller, who holds the outbox."""


def _freeze(outbox: Outbox, _recorder: Recorder, random: Random) -> None:
    held = [book for book in outbox.books.values() if book.held]
    if held:
        book = random.choice(held)
        outbox.freeze(book, [(book.first, random.randint(0, 10**12))])


def _anchor(outbox: Outbox, _recorder: Recorder, random: Random) -> None:
    boot_ms = random.randint(0, 10**9)
    outbox.add_anchor(Anchor(outbox.boot[:8], 0, boot_ms, 1_790_000_000_000, "gnss"))


def _renew(outbox: Outbox, recorder: Recorder, random: Random) -> None:
    """The backend says that this outbox was rolled back; it knows all but the last few rows."""
    identity = outbox.current
    if not any(book.held for book in outbox.books_of(identity)):
        return
    known = {
        book.stream.name: {
            boot: random.randint(max(1, book.next - 4), book.next)
            for boot in {row.boot for row in _rows(outbox, book)}
        }
        for book in outbox.books_of(identity)
    }
    recorder.say(Moving(identity.outbox))
    stored = Stored(
        outbox=identity.outbox,
        epoch="0" * 16,
        issued_ms=1_790_000_000_000,
        renew=True,
        known_boots=known,
    )
    renew(outbox, identity, stored)


def _rows(outbox: Outbox, book: Book) -> list[Row]:
    found = outbox.read(book, 1, book.next, 1_000_000)
    return [row for row in found if isinstance(row, Row)]


_MOVES = (_append, _confirm, _forget, _drop, _freeze, _anchor, _restart, _renew)


class _Promises:
    """What was said before the cut, by series."""

    def __init__(self, said: Sequence[object]) -> None:
        self.numbered: dict[Series, dict[int, Numbered]] = defaultdict(dict)
        self.excused: dict[Series, RangeSet] = defaultdict(RangeSet)
        self.gone: dict[Series, RangeSet] = defaultdict(RangeSet)
        self.to_report: dict[Series, RangeSet] = defaultdict(RangeSet)
        self.removed_bodies: set[bytes] = set()
        self.moved: set[str] = set()
        for what in said:
            if isinstance(what, Numbered):
                self.numbered[what.series][what.seq] = what
            elif isinstance(what, Removing):
                _widen(self.excused, what)
                self.removed_bodies |= what.bodies
            elif isinstance(what, Moving):
                self.moved.add(what.outbox)
            elif isinstance(what, Removed):
                _widen(self.gone, what)
                if what.cause:
                    _widen(self.to_report, what)


def _widen(sets: dict[Series, RangeSet], what: Removing | Removed) -> None:
    sets[what.series] = sets[what.series].union(RangeSet([(what.start, what.end)]))


def _account(outbox: Outbox, said: Sequence[object]) -> Findings:
    findings = Findings()
    promises = _Promises(said)
    books = {(book.identity.outbox, book.stream.number): book for book in outbox.books.values()}
    held: Counter[bytes] = Counter()
    for series, book in books.items():
        read = list(outbox.read(book, 1, book.next, 1_000_000))
        found = {row.seq: row for row in read if isinstance(row, Row)}
        held.update(row.body for row in found.values())
        findings.corrupt += len(read) - len(found)
        findings.corrupt += len(found) != len(book.held)
        _account_series(series, book, found, promises, findings)
    bodies = {row.body for rows in promises.numbered.values() for row in rows.values()}
    gone = bodies - held.keys() - promises.removed_bodies
    findings.lost += len(gone)
    findings.doubled += sum(count > 1 for count in held.values())
    if gone:
        findings.notes.append(f"{len(gone)} messages are nowhere")
    return findings


def _account_series(
    series: Series,
    book: Book,
    found: dict[int, Row],
    promises: _Promises,
    findings: Findings,
) -> None:
    rows, excused = promises.numbered[series], promises.excused[series]
    moved = series[0] in promises.moved
    _compare(series, rows, found, excused, findings, moved=moved)
    findings.doubled += sum(seq in promises.gone[series] for seq in found)
    if moved:
        return
    findings.doubled += book.next <= max(rows, default=0)
    unknown = RangeSet([(1, book.next)]).difference(excused)
    unknown = unknown.difference(RangeSet.of([*rows, *found]))
    unreported = promises.to_report[series].difference(_reported(book))
    findings.lost += len(unknown) + len(unreported)
    if unknown or unreported:
        findings.notes.append(f"{series}: hole {unknown}, unreported {unreported}")


def _reported(book: Book) -> RangeSet:
    return book.explained.union(RangeSet((start, end) for start, end, _ in book.unreported))


def _compare(
    series: Series,
    rows: dict[int, Numbered],
    found: dict[int, Row],
    excused: RangeSet,
    findings: Findings,
    *,
    moved: bool,
) -> None:
    for seq, row in rows.items():
        there = found.get(seq)
        if there is None:
            if seq not in excused and not moved:
                findings.lost += 1
                findings.notes.append(f"{series}: {seq} is gone")
        elif (there.body, there.boot) != (row.body, row.boot):
            findings.corrupt += 1
            findings.notes.append(f"{series}: {seq} has another body")

"""The agent's outbox under power cuts: what had a number keeps it, and nobody else gets it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.power_cut.runner import Findings
from benchmarks.power_cut.vfs import Connect, Recorder
from contract.downlink import StoredRanges
from contract.ranges import RangeSet
from contract.streams import STREAMS
from edge.link.books import Book
from edge.link.errors import StorageFailed
from edge.link.outbox import BY_NUMBER, Outbox
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
    """From now on these rows may be gone; with a cause they must then be reported."""

    series: Series
    start: int
    end: int
    cause: str | None


class Removed(NamedTuple):
    """They are gone for good, and a loss with a cause is on record."""

    series: Series
    start: int
    end: int
    cause: str | None


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
            move = random.choices(_MOVES, weights=(12, 3, 2, 1, 1, 1))[0]
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
    return Outbox(path, _SERIAL, boot, connect)


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
    outbox.append(rows, save=save, reported=reported)
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


def _remove(outbox: Outbox, recorder: Recorder, random: Random, cause: str | None) -> None:
    held = [book for book in outbox.books.values() if book.held]
    if not held:
        return
    book = random.choice(held)
    start, end = book.held.ranges[0]
    end = random.randint(start + 1, end)
    series = (book.identity.outbox, book.stream.number)
    recorder.say(Removing(series, start, end, cause))
    outbox.remove(book, RangeSet([(start, end)]), cause)
    recorder.say(Removed(series, start, end, cause))


def _restart(_outbox: Outbox, _recorder: Recorder, _random: Random) -> None:
    """Done by the caller, who holds the outbox."""


def _note(outbox: Outbox, _recorder: Recorder, random: Random) -> None:
    outbox.note("odometer_m", random.randint(0, 10**6))


_MOVES = (_append, _confirm, _forget, _drop, _note, _restart)


class _Promises:
    """What was said before the cut, by series."""

    def __init__(self, said: Sequence[object]) -> None:
        self.numbered: dict[Series, dict[int, Numbered]] = defaultdict(dict)
        self.excused: dict[Series, RangeSet] = defaultdict(RangeSet)
        self.gone: dict[Series, RangeSet] = defaultdict(RangeSet)
        self.to_report: dict[Series, RangeSet] = defaultdict(RangeSet)
        for what in said:
            if isinstance(what, Numbered):
                self.numbered[what.series][what.seq] = what
            elif isinstance(what, Removing):
                _widen(self.excused, what)
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
    for series, rows in promises.numbered.items():
        excused = promises.excused[series]
        book = books.get(series)
        if book is None:
            findings.lost += any(seq not in excused for seq in rows)
            continue
        read = list(outbox.read(book, 1, book.next, 1_000_000))
        found = {row.seq: row for row in read if isinstance(row, Row)}
        findings.corrupt += len(read) - len(found)
        findings.corrupt += len(found) != len(book.held)
        _compare(series, rows, found, excused, findings)
        findings.doubled += sum(seq in promises.gone[series] for seq in found)
        findings.doubled += book.next <= max(rows)
        unknown = RangeSet([(1, book.next)]).difference(excused)
        unknown = unknown.difference(RangeSet.of([*rows, *found]))
        unreported = promises.to_report[series].difference(_reported(book))
        findings.lost += len(unknown) + len(unreported)
        if unknown or unreported:
            findings.notes.append(f"{series}: hole {unknown}, unreported {unreported}")
    return findings


def _reported(book: Book) -> RangeSet:
    return book.explained.union(RangeSet((start, end) for start, end, _ in book.unreported))


def _compare(
    series: Series,
    rows: dict[int, Numbered],
    found: dict[int, Row],
    excused: RangeSet,
    findings: Findings,
) -> None:
    for seq, row in rows.items():
        there = found.get(seq)
        if there is None:
            if seq not in excused:
                findings.lost += 1
                findings.notes.append(f"{series}: {seq} is gone")
        elif (there.body, there.boot) != (row.body, row.boot):
            findings.corrupt += 1
            findings.notes.append(f"{series}: {seq} has another body")

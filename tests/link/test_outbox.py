"""The outbox: numbers without gaps, over reopenings, crashes and drops."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from contract.downlink import StoredRanges
from contract.ranges import RangeSet
from contract.streams import BY_NAME
from edge.link.books import Book
from edge.link.errors import StorageFailed
from edge.link.outbox import Outbox
from edge.link.rows import NewRow, Row

POSITION = BY_NAME["position"].number
ALARM = BY_NAME["alarm"].number


def new_row(stream: int = POSITION, boot_ms: int = 1) -> NewRow:
    return NewRow(stream, boot_ms, 1_790_000_000_000 + boot_ms, "gnss", b'{"n":%d}' % boot_ms)


def book_of(outbox: Outbox, name: str = "position") -> Book:
    return outbox.book(outbox.current, BY_NAME[name])


def numbers(outbox: Outbox, book: Book) -> list[int]:
    found = outbox.read(book, 1, book.next, 1_000_000)
    return [row.seq if isinstance(row, Row) else row for row in found]


class OutboxOverCrashes(RuleBasedStateMachine):
    """Appends, confirmations, removals, clean and sudden ends, in any order.

    A sudden end is played by copying the file and its journal away from under the open outbox.
    """

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.path = self.directory / "outbox.sqlite"
        self.runs = 0
        self.bodies: dict[tuple[int, int], int] = {}
        self.gone: set[tuple[int, int]] = set()
        self.count = 0
        self.open()

    def open(self) -> None:
        self.runs += 1
        self.outbox = Outbox(self.path, "serial", f"0000aaaa-{self.runs:08x}")

    @rule(streams=st.lists(st.sampled_from([POSITION, ALARM]), min_size=1, max_size=6))
    def append(self, streams: list[int]) -> None:
        rows = []
        for stream in streams:
            self.count += 1
            rows.append(new_row(stream, self.count))
        expected = {s: self.next_of(s) for s in set(streams)}
        self.outbox.append(rows)
        for row in rows:
            self.bodies[row.stream, expected[row.stream]] = row.boot_ms
            expected[row.stream] += 1

    def next_of(self, stream: int) -> int:
        return 1 + sum(1 for s, _ in self.bodies if s == stream)

    @rule(part=st.floats(0, 1))
    def confirm(self, part: float) -> None:
        book = book_of(self.outbox)
        book.confirm(StoredRanges(contiguous=int((book.next - 1) * part)))

    @precondition(lambda self: self.bodies)
    @rule(data=st.data(), lost=st.booleans())
    def remove(self, data: st.DataObject, lost: bool) -> None:
        book = book_of(self.outbox)
        if not book.held:
            return
        start = data.draw(st.integers(1, book.next))
        end = data.draw(st.integers(start, book.next))
        self.outbox.remove(book, RangeSet([(start, end)]), "dropped" if lost else None)
        self.gone |= {(POSITION, n) for n in range(start, end)}

    @rule()
    def reopen(self) -> None:
        self.outbox.close()
        self.open()

    @rule()
    def crash(self) -> None:
        copy = self.directory / "copy"
        copy.mkdir()
        for name in ("outbox.sqlite", "outbox.sqlite-wal"):
            if (self.directory / name).exists():
                shutil.copy(self.directory / name, copy / name)
        self.outbox.database.close()
        for name in ("outbox.sqlite", "outbox.sqlite-wal"):
            (self.directory / name).unlink(missing_ok=True)
            if (copy / name).exists():
                (copy / name).rename(self.directory / name)
        copy.rmdir()
        self.open()

    @invariant()
    def numbers_have_no_gap_and_nobody_has_two(self) -> None:
        for name, stream in (("position", POSITION), ("alarm", ALARM)):
            book = book_of(self.outbox, name)
            assert book.next == self.next_of(stream)
            left = [n for s, n in sorted(self.bodies) if s == stream and (s, n) not in self.gone]
            assert numbers(self.outbox, book) == left
            assert list(book.held) == left
        for row in self.outbox.read(book_of(self.outbox), 1, 10_000, 10_000):
            assert isinstance(row, Row)
            assert row.boot_ms == self.bodies[POSITION, row.seq]

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            shutil.rmtree(self.directory)


OutboxOverCrashes.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None
)
TestOutboxOverCrashes = OutboxOverCrashes.TestCase


@given(boots=st.lists(st.integers(0, 12), min_size=1, max_size=4), stored=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_renewal_keeps_known_keys_and_moves_every_other_row(boots: list[int], stored: int) -> None:
    from contract.downlink import Session, Stored
    from edge.link.renewal import renew

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.sqlite"
        total = 0
        known: dict[str, int] = {}
        for run, count in enumerate(boots):
            boot = f"0000aaaa-{run:08x}"
            outbox = Outbox(path, "serial", boot)
            outbox.append([new_row(POSITION, total + i + 1) for i in range(count)])
            total += count
            if count and total <= stored:
                known[boot] = total
            outbox.close()
        outbox = Outbox(path, "serial", "0000aaaa-ffffffff")
        old = outbox.current
        kept = max(known.values(), default=0)
        answer = Stored(
            outbox=old.outbox,
            epoch="e" * 16,
            issued_ms=1,
            streams={"position": StoredRanges(contiguous=stored + 5)},
            answers=Session(boot="0000aaaa-ffffffff", session=1),
            renew=True,
            known_boots={"position": known},
        )
        moved = renew(outbox, old, answer)
        assert moved == total - kept
        assert outbox.current != old
        bodies = [
            row.boot_ms
            for identity in sorted(outbox.identities.values(), key=lambda i: i.ordinal)
            for row in outbox.read(outbox.book(identity, BY_NAME["position"]), 1, 1000, 1000)
        ]
        assert bodies == list(range(1, total + 1))
        new_book = book_of(outbox)
        assert list(new_book.held) == list(range(1, total - kept + 1))
        assert new_book.next == total - kept + 1
        assert outbox.book(old, BY_NAME["position"]).next > stored + 5 or total == 0
        outbox.close()


def test_a_second_process_is_refused_in_one_sentence(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "o.sqlite", "serial", "0000aaaa-00000001")
    first.append([new_row()])
    with pytest.raises(StorageFailed, match="another agent has it open"):
        Outbox(tmp_path / "o.sqlite", "serial", "0000aaaa-00000002")
    first.close()


def test_an_outbox_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        outbox = Outbox(tmp_path / "outbox.sqlite", "serial", "0000aaaa-00000001")
        outbox.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "outbox.sqlite").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    from edge.link.salvage import open_outbox

    with pytest.raises(StorageFailed, match="check its folder"):
        open_outbox(tmp_path / "file" / "o.sqlite", "serial", "0000aaaa-00000001")

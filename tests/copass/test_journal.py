"""The journal: synced before anything moves, chained, handed over once, whatever dies."""

from __future__ import annotations

import asyncio
import concurrent.futures
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from contract.clock import ManualClock
from edge.copass.durable_files import Growing, RealFiles
from edge.copass.errors import JournalUnwritable
from edge.copass.hand_over import HandOver
from edge.copass.journal import KEEP_MS, Journal
from edge.copass.journal_entry import Entry
from edge.link.link_fake import FakeLink
from tests.copass.disks import Disk, PowerCut
from tests.copass.rights_made import NOON_MS

MACHINE = "0badcafe"


def opened(directory: Path, link: FakeLink | None = None, disk=None, **options: Any) -> Journal:
    mark = (link or FakeLink()).mark
    return Journal(directory, disk or Disk(), lambda: secrets.token_hex(8), mark, **options)


def tap(number: int = 0, **fields: Any) -> Entry:
    body = {
        "decision": "granted",
        "reason": "granted",
        "place": "door",
        "pseudonym": f"202610-{number:016x}",
    }
    told = {"boot": MACHINE, "boot_ms": number, "at_ms": NOON_MS, "clock": "ntp"} | fields
    return Entry(kind="tap", stream="tap", body=body, **told)


def seen(kind: str = "opened") -> Entry:
    return Entry(kind=kind, boot=MACHINE, boot_ms=5, at_ms=NOON_MS, clock="ntp")


def hand_over(journal: Journal, link: FakeLink) -> HandOver:
    return HandOver(journal, link, ManualClock(), MACHINE)


def only_file(directory: Path) -> Path:
    (path,) = directory.glob("*.log")
    return path


def test_an_entry_is_on_the_disk_when_append_returns(tmp_path):
    journal = opened(tmp_path, disk=RealFiles())
    written = journal.append(tap(7))
    again = opened(tmp_path, disk=RealFiles())
    assert again.last == written
    assert again.count == 1
    assert again.breaks == ()


def test_the_chain_runs_on_over_restarts_and_full_files(tmp_path):
    for _ in range(4):
        journal = opened(tmp_path, segment_bytes=900)
        for number in range(9):
            journal.append(tap(number))
    last = opened(tmp_path)
    assert last.breaks == ()
    assert last.count == 36
    assert len(list(tmp_path.glob("*.log"))) > 8
    assert len({written.chain for written in last.recent}) == 36


def test_taps_are_numbered_without_a_gap_in_each_journal(tmp_path):
    link = FakeLink()
    journal = opened(tmp_path, link)
    for number in range(3):
        journal.append(seen())
        journal.append(tap(number))
    hand_over(journal, link).push()
    bodies = [reading.body for reading in link.of("tap")]
    assert [body["entry"] for body in bodies] == [1, 2, 3]
    assert len({body["journal"] for body in bodies}) == 1
    assert all(len(body["chain"]) == 32 for body in bodies)


def test_a_power_cut_tears_the_last_line_only_and_this_is_said(tmp_path, caplog):
    disk = Disk()
    journal = opened(tmp_path, disk=disk)
    kept = [journal.append(tap(number)) for number in range(3)]
    disk.tears = True
    with pytest.raises(PowerCut):
        journal.append(tap(3))
    again = opened(tmp_path)
    assert list(again.recent) == kept
    assert again.breaks == ()
    assert "journal=torn" in caplog.text
    caplog.clear()
    again.append(tap(4))
    assert opened(tmp_path).breaks == ()
    assert "journal=torn" not in caplog.text


@pytest.mark.parametrize("left", [b"", b"ab", b"0" * 64, b"\0" * 200, b"x" * 99 + b"\n"])
def test_any_torn_end_is_cut_off(tmp_path, left):
    journal = opened(tmp_path)
    journal.append(tap(1))
    path = only_file(tmp_path)
    sound = path.read_bytes()
    path.write_bytes(sound + left)
    assert opened(tmp_path).breaks == ()
    assert path.read_bytes() == sound


def test_a_file_that_was_torn_at_its_birth_goes_away(tmp_path):
    (tmp_path / "00000001-0123456789abcdef.log").write_bytes(b"0123")
    journal = opened(tmp_path)
    assert journal.breaks == ()
    assert journal.count == 0
    assert list(tmp_path.glob("*.log")) == []


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_changed_line_is_a_break_and_the_others_are_still_handed_over(tmp_path, line):
    journal = opened(tmp_path)
    for number in range(5):
        journal.append(tap(number))
    path = only_file(tmp_path)
    lines = path.read_bytes().split(b"\n")
    lines[line] = lines[line].replace(b"ra", b"rb").replace(b"journal", b"jovrnal")
    path.write_bytes(b"\n".join(lines))
    link = FakeLink()
    again = opened(tmp_path, link)
    assert len(again.breaks) == 1
    assert f"line {line + 1} is not what was written" in again.breaks[0]
    hand_over(again, link).push()
    assert len(link.of("tap")) == (0 if line == 0 else 4)
    again.append(tap(9))
    assert opened(tmp_path, link).breaks == (), "it is told once"


def test_entries_cut_off_an_older_file_are_missed(tmp_path):
    journal = opened(tmp_path)
    for number in range(3):
        journal.append(tap(number))
    path = only_file(tmp_path)
    shorter = b"\n".join(path.read_bytes().split(b"\n")[:-2]) + b"\n"
    opened(tmp_path).append(tap(4))
    path.write_bytes(shorter)
    (told,) = opened(tmp_path).breaks
    assert "what came before it is missing" in told


def test_a_file_taken_out_of_the_middle_is_missed(tmp_path):
    for number in range(3):
        opened(tmp_path).append(tap(number))
    sorted(tmp_path.glob("*.log"))[1].unlink()
    assert len(opened(tmp_path).breaks) == 1


def test_entries_that_were_handed_over_and_are_gone_are_missed(tmp_path):
    link = FakeLink()
    journal = opened(tmp_path, link)
    journal.append(tap(1))
    path = only_file(tmp_path)
    before = path.read_bytes()
    journal.append(tap(2))
    hand_over(journal, link).push()
    path.write_bytes(before)
    (told,) = opened(tmp_path, link).breaks
    assert "entries 2 to 2 were handed over and are gone" in told


def test_a_rolled_back_directory_never_gives_a_number_twice(tmp_path):
    link = FakeLink()
    journal = opened(tmp_path, link)
    journal.append(tap(1))
    hand_over(journal, link).push()
    path = only_file(tmp_path)
    old = path.read_bytes()
    journal.append(tap(2))
    hand_over(journal, link).push()
    path.write_bytes(old)
    again = opened(tmp_path, link)
    again.append(tap(3))
    hand_over(again, link).push()
    names = [(r.body["journal"], r.body["entry"]) for r in link.of("tap")]
    assert len(set(names)) == 3


def test_hand_over_goes_on_where_the_outbox_says_after_any_crash(tmp_path):
    link = FakeLink()
    for number in range(6):
        journal = opened(tmp_path, link)
        journal.append(tap(number))
        if number % 2:
            hand_over(journal, link).push()
    hand_over(opened(tmp_path, link), link).push()
    names = [reading.body["pseudonym"] for reading in link.of("tap")]
    assert names == [f"202610-{number:016x}" for number in range(6)]


class StubbornLink(FakeLink):
    """An outbox on a full disk: it keeps a reading and remembers no mark until there is room."""

    full = True

    def put(self, reading) -> None:
        super().put(reading)
        if self.full:
            source, _ = reading.mark
            self.held, self.marks = dict(self.marks), {source: reading.mark[1] - 1}

    def make_room(self) -> None:
        self.full, self.marks = False, self.held


def test_the_next_entry_waits_until_the_one_before_is_in_the_outbox(tmp_path):
    link = StubbornLink()
    journal = opened(tmp_path, link)
    for number in range(3):
        journal.append(tap(number))
    over = hand_over(journal, link)
    assert not over.push()
    assert not over.push()
    assert len(link.of("tap")) == 1
    link.make_room()
    assert over.push()
    assert len(link.of("tap")) == 3


async def test_a_waiting_hand_over_looks_again_by_itself(tmp_path):

    link, clock = StubbornLink(), ManualClock()
    journal = opened(tmp_path, link)
    journal.append(tap(1))
    journal.append(tap(2))
    running = asyncio.create_task(HandOver(journal, link, clock, MACHINE).run())
    await clock.advance(1)
    link.make_room()
    await clock.advance(6)
    assert len(link.of("tap")) == 2
    running.cancel()


def test_an_entry_of_an_earlier_boot_is_not_dated_by_the_clock_of_this_one(tmp_path):
    link = FakeLink()
    journal = opened(tmp_path, link)
    journal.append(tap(1, boot="01010101", boot_ms=9_999, at_ms=None, clock="unset"))
    journal.append(tap(2, boot=MACHINE, boot_ms=9_999, at_ms=None, clock="unset"))
    hand_over(journal, link).push()
    assert [reading.boot_ms for reading in link.of("tap")] == [0, 9_999]
    assert [reading.observed_ms for reading in link.of("tap")] == [None, None]


def test_a_full_disk_takes_no_entry_says_so_and_recovers(tmp_path):
    disk, link = Disk(), FakeLink()
    journal = opened(tmp_path, link, disk)
    journal.append(tap(1))
    disk.full = True
    for _ in range(2):
        with pytest.raises(JournalUnwritable, match="No space left"):
            journal.append(tap(2))
    disk.full = False
    journal.append(tap(3))
    again = opened(tmp_path, link)
    assert again.breaks == ()
    assert [w.entry.boot_ms for w in again.recent] == [1, 3]


def test_files_go_after_ninety_days_and_never_before_they_are_handed_over(tmp_path):
    link = FakeLink()
    journal = opened(tmp_path, link)
    journal.append(tap(1))
    journal = opened(tmp_path, link)
    late_ms = NOON_MS + KEEP_MS
    journal.prune(late_ms)
    assert journal.count == 1
    hand_over(journal, link).push()
    journal.prune(late_ms - 1)
    assert journal.count == 1
    journal.prune(late_ms)
    assert journal.count == 0
    journal.append(tap(2, at_ms=late_ms))
    assert opened(tmp_path, link).breaks == ()


def test_a_file_without_entries_goes_with_those_before_it_only(tmp_path):
    disk, link = Disk(), FakeLink()
    opened(tmp_path, link).append(seen())
    disk.tears = True
    with pytest.raises(PowerCut):
        opened(tmp_path, link, disk).append(tap(1))
    last = opened(tmp_path, link)
    last.append(seen())
    last.prune(NOON_MS)
    assert opened(tmp_path, link).breaks == ()


class SlowFile:
    """Takes its time over each line; notes what happens to it, in order."""

    def __init__(self, growing: Growing) -> None:
        self._growing = growing
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.happened: list[str] = []

    def append(self, data: bytes) -> None:
        self.begun.set()
        assert self.goes_on.wait(10)
        self._growing.append(data)
        self.happened.append("written")

    def close(self) -> None:
        self.happened.append("closed")
        self._growing.close()


class SlowDisk(Disk):
    """Of one slow file."""

    def create(self, path: Path, data: bytes) -> Growing:
        self.file = SlowFile(super().create(path, data))
        return self.file


def test_an_agent_that_ends_while_a_line_is_written_does_not_close_the_file_under_it(tmp_path):
    disk = SlowDisk()
    journal = opened(tmp_path, disk=disk)
    with ThreadPoolExecutor(2) as aside:
        writing = aside.submit(journal.append, tap(1))
        while not hasattr(disk, "file"):
            assert not writing.done()
        assert disk.file.begun.wait(10)
        closing = aside.submit(journal.close)
        concurrent.futures.wait([closing], 0.05)
        disk.file.goes_on.set()
        assert writing.result(10).n == 1
        closing.result(10)
    assert disk.file.happened == ["written", "closed"]
    again = opened(tmp_path)
    assert (again.count, again.breaks) == (1, ())

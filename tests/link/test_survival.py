"""A disk that is full, garbled or gone: said once, survived, accounted for."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from contract.broker_url import BrokerAddress
from contract.clock import ManualClock
from contract.ranges import RangeSet
from contract.streams import BY_NAME
from contract.topics import Unit
from edge.link.database import Connection, connect_sqlite
from edge.link.dating import Present
from edge.link.errors import StorageFailed
from edge.link.identity import draw_outbox_id, machine_of
from edge.link.outbox import Outbox
from edge.link.retention import make_room, trim
from edge.link.rows import NewRow, Row
from edge.link.salvage import open_outbox, rescue
from edge.link.service import Link
from edge.link.settings import LinkSettings
from tests.link.readings import alarm, position
from tests.link.test_outbox import ALARM, POSITION, book_of, new_row, numbers

BOOT = "0000aaaa-00000001"
NOWHERE = BrokerAddress("127.0.0.1", 1)


class FaultyDisk:
    """Connections whose COMMIT fails while `fault` is set; it may take place all the same."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.commits_anyway = False

    def __call__(self, path: Path) -> Connection:
        return FaultyConnection(connect_sqlite(path), self)


class FaultyConnection:
    def __init__(self, real: Connection, disk: FaultyDisk) -> None:
        self._real = real
        self._disk = disk

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        if sql == "COMMIT" and self._disk.fault:
            self._real.execute("COMMIT" if self._disk.commits_anyway else "ROLLBACK")
            raise sqlite3.OperationalError(self._disk.fault)
        return self._real.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        return self._real.executemany(sql, parameters)

    def close(self) -> None:
        self._real.close()


def make_link(tmp_path: Path, disk: FaultyDisk) -> Link:
    settings = LinkSettings(
        NOWHERE, tmp_path / "o.sqlite", machine_serial="s", machine_boot="0000aaaa"
    )
    return Link(
        settings,
        "lozere",
        Unit("bus", "b1"),
        ManualClock(),
        Random(1),  # noqa: S311 - jitter
        "1.0",
        connect=disk,
    )


def test_a_full_disk_is_said_once_counted_and_healed_with_urgent_readings_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = FaultyDisk()
    link = make_link(tmp_path, disk)
    disk.fault = "database or disk is full"
    link.put(alarm("first"))
    for n in range(200):
        link.put(position(n))
        link.put(alarm(str(n))) if n == 100 else None
    link._flush()
    health = link.health()
    assert health.depth == 64
    assert health.never_numbered == 202 - 64
    disk.fault = None
    link._flush()
    assert numbers(link.outbox, book_of(link.outbox, "alarm")) == [1, 2]
    assert numbers(link.outbox, book_of(link.outbox)) == list(range(1, 63))
    sentences = [r.getMessage() for r in caplog.records]
    assert len(sentences) == 2
    assert "is full" in sentences[0]
    assert "free some space" in sentences[0]
    assert "138 readings were never numbered" in sentences[1]
    link.close()


def test_a_full_disk_gives_the_pages_of_stored_rows_to_new_ones(tmp_path: Path) -> None:
    disk = FaultyDisk()
    link = make_link(tmp_path, disk)
    for n in range(50):
        link.put(position(n))
    link._flush()
    from contract.downlink import StoredRanges

    book = book_of(link.outbox)
    book.confirm(StoredRanges(contiguous=50))
    from edge.link.retention import remove_stored

    assert remove_stored(link.outbox, 10, link.courier.present()) == 10
    assert link.health().depth == 0
    assert book.first == 11
    link.close()


def test_a_commit_that_failed_and_took_place_is_not_written_twice(tmp_path: Path) -> None:
    disk = FaultyDisk()
    link = make_link(tmp_path, disk)
    link.put(position(1))
    disk.fault, disk.commits_anyway = "disk I/O error", True
    link._flush()
    disk.fault = None
    link.put(position(2))
    link._flush()
    book = book_of(link.outbox)
    assert numbers(link.outbox, book) == [1, 2]
    link.close()


def test_a_disk_error_reopens_the_file_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = FaultyDisk()
    link = make_link(tmp_path, disk)
    link.put(position(1))
    link._flush()
    before = link.outbox
    disk.fault = "disk I/O error"
    link.put(position(2))
    link._flush()
    disk.fault = None
    link._flush()
    assert link.outbox is not before
    assert link.outbox.current.outbox == before.current.outbox
    assert numbers(link.outbox, book_of(link.outbox)) == [1, 2]
    assert "can be written again" in caplog.text
    link.close()


def test_a_file_that_is_no_database_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "o.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    outbox = open_outbox(path, "serial", BOOT)
    outbox.append([new_row()])
    outbox.close()
    assert (tmp_path / "o.sqlite.corrupt-1").exists()
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1
    assert "0 messages were carried over from o.sqlite.corrupt-1" in caplog.text


def garble_the_middle(path: Path) -> None:
    pages = bytearray(path.read_bytes())
    middle = len(pages) // 2 // 1024 * 1024
    pages[middle : middle + 1024] = b"\xff" * 1024
    path.write_bytes(bytes(pages))


def test_rows_before_and_after_a_garbled_page_are_carried_over_with_their_keys(
    tmp_path: Path,
) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, "serial", BOOT)
    outbox.append([new_row(POSITION, n) for n in range(1, 2_001)])
    old = outbox.current.outbox
    outbox.close()
    garble_the_middle(path)

    fresh = rescue(path, "serial", "0000aaaa-00000003")
    kept = next(i for i in fresh.identities.values() if i.outbox == old)
    kept_book = fresh.book(kept, BY_NAME["position"])
    assert 1_950 < len(kept_book.held) < 2_000
    assert fresh.current.outbox != old
    assert fresh.current.ordinal > kept.ordinal
    assert numbers(fresh, kept_book) == list(kept_book.held)
    assert all(
        isinstance(row, Row) and row.boot == BOOT and row.boot_ms == row.seq
        for row in fresh.read(kept_book, 1, 3_000, 3_000)
    )
    assert {cause for _, _, cause in kept_book.unreported} == {"corrupt"}
    lost = RangeSet((start, end) for start, end, _ in kept_book.unreported)
    assert lost.union(kept_book.held) == RangeSet([(1, 2_001)])
    fresh.close()


def test_a_page_garbled_under_a_running_link_is_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link = make_link(tmp_path, FaultyDisk())
    for n in range(1_000):
        link.put(position(n))
    link.close()
    garble_the_middle(tmp_path / "o.sqlite")
    link = make_link(tmp_path, FaultyDisk())
    old = link.outbox.current.outbox
    with pytest.raises(StorageFailed) as failure:
        list(link.outbox.read(book_of(link.outbox), 1, 1_001, 1_001))
    link.storage_failed(failure.value)
    link.put(position(1_000))
    link._flush()
    assert numbers(link.outbox, book_of(link.outbox)) == [1]
    kept = next(i for i in link.outbox.identities.values() if i.outbox == old)
    assert 980 < len(link.outbox.book(kept, BY_NAME["position"]).held) < 1_000
    assert len(caplog.records) == 3
    link.close()


def present(wall_ms: int = 1_795_000_000_000) -> Present:
    return Present(machine_of(BOOT), 1_000_000, wall_ms)


def test_the_least_needed_goes_first_and_alarms_last(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", "serial", BOOT)
    streams = ("health", "position", "tap", "alarm")
    for name in streams:
        rows = [NewRow(BY_NAME[name].number, n, n, "gnss", b"x" * 150) for n in range(300)]
        outbox.append(rows)
    whole = outbox.live_bytes()
    left = []
    for share in (0.8, 0.55, 0.3, 0.12):
        make_room(outbox, int(whole * share), present())
        left.append([len(book_of(outbox, name).held) for name in streams])
    assert left[0][0] < 300
    assert left[0][1:] == [300, 300, 300]
    assert left[1][0] == 0
    assert left[1][1] < 300
    assert left[1][2:] == [300, 300]
    assert left[2][1] == 0
    assert left[2][3] == 300
    assert left[3][:3] == [0, 0, 0] or left[3][3] == 300
    position_book = book_of(outbox)
    assert position_book.unreported == ((1, 301, "dropped"),)
    assert position_book.next == 301
    outbox.close()


def test_stored_rows_go_after_their_days_or_to_make_room_before_anything_else(
    tmp_path: Path,
) -> None:
    from contract.downlink import StoredRanges
    from edge.link.anchors import Anchor

    outbox = Outbox(tmp_path / "o.sqlite", "serial", BOOT)
    day = 86_400_000
    start = 1_795_000_000_000
    outbox.append(
        [
            NewRow(POSITION, n, start + n * day // 10, "gnss", b'{"x":1}' + b" " * 100)
            for n in range(100)
        ]
    )
    book = book_of(outbox)
    book.confirm(StoredRanges(contiguous=90))
    outbox.add_anchor(Anchor(machine_of(BOOT), 0, 1_000_000, start + 10 * day, "gnss"))
    assert trim(outbox, present(), 10**9, 7 * day) == 30
    assert book.first == 31
    whole = outbox.live_bytes()
    assert make_room(outbox, whole - 2_000, present()) == {}
    assert book.first > 31
    assert book.unreported == ()
    outbox.close()


def test_other_hardware_and_fresh_files_never_share_an_identity(tmp_path: Path) -> None:
    drawn = {draw_outbox_id() for _ in range(1_000)}
    assert len(drawn) == 1_000
    first = Outbox(tmp_path / "o.sqlite", "serial-1", BOOT)
    first.append([new_row()])
    first.close()
    second = Outbox(tmp_path / "o.sqlite", "serial-2", BOOT)
    assert len(second.identities) == 2
    assert second.current.serial == "serial-2"
    assert second.book(second.current, BY_NAME["alarm"]).stream.number == ALARM
    second.close()

"""The embedded file: retention, other processes, newer messages, bad disks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backend.telemetry.embedded import EmbeddedTelemetry
from backend.telemetry.embedded_reader import EmbeddedReader
from backend.telemetry.errors import TelemetryRefused, TelemetryUnavailable
from backend.telemetry.sqlite_file import Connection, connect_sqlite
from contract.clock import ManualClock
from contract.retention import REPLAY, TWO_MONTHS
from contract.topics import Unit
from tests.telemetry.rows import B1, START_MS, one_of_each, position, row

DAY_MS = 86_400_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_ms=START_MS)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> EmbeddedTelemetry:
    opened = EmbeddedTelemetry(tmp_path / "deep" / "telemetry.sqlite", clock)
    opened.prepare()
    return opened


def test_each_class_is_forgotten_in_its_own_time(
    store: EmbeddedTelemetry, clock: ManualClock
) -> None:
    for message in one_of_each(1, START_MS):
        store.write([row(message), row(message, retention=REPLAY)])
    assert store.prune(START_MS + 62 * DAY_MS) == 0
    assert store.prune(START_MS + 63 * DAY_MS) == 1
    assert store.count(TWO_MONTHS.database, "position", B1) == 0
    assert store.prune(START_MS + 100 * DAY_MS) == 1
    assert store.prune(START_MS + 400 * DAY_MS) == 4
    assert store.prune(START_MS + 4_000 * DAY_MS) == 2
    assert store.count(REPLAY.database, "position", B1) == 1


def test_a_large_expired_backlog_goes_in_chunks_and_spares_what_is_young(
    store: EmbeddedTelemetry,
) -> None:
    trucks = [Unit("truck", f"t{n}") for n in range(3)]
    store.write([row(position(n, START_MS + n), t) for n in range(1, 3_000) for t in trucks])
    young = START_MS + 62 * DAY_MS + 1_500
    assert store.prune(young, chunks=1) == 1_499
    assert store.prune(young) == 2 * 1_499
    assert [store.count(TWO_MONTHS.database, "position", t) for t in trucks] == [1_500] * 3


def test_writing_forgets_by_itself_once_an_hour(
    store: EmbeddedTelemetry, clock: ManualClock
) -> None:
    store.write([row(position(1))])
    clock.step_wall_ms(63 * DAY_MS)
    store.write([row(position(2, clock.now_ms()))])
    assert store.count(TWO_MONTHS.database, "position", B1) == 1


def test_another_process_reads_while_the_store_writes(store: EmbeddedTelemetry) -> None:
    store.write([row(position(n)) for n in range(1, 11)])
    program = (
        "import sqlite3, sys\n"
        "print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
    )
    sql = "SELECT count(*) FROM softplace_2_months_position WHERE unit = 'b1'"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(store.path), sql], capture_output=True, check=True
    )
    assert ran.stdout.strip() == b"10"


def test_a_reader_before_the_first_write_says_so_and_reads_later(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "telemetry.sqlite"
    reader = EmbeddedReader(path)
    with pytest.raises(TelemetryUnavailable, match="no service has written it yet"):
        reader.count(TWO_MONTHS.database, "position", B1)
    store = EmbeddedTelemetry(path, clock)
    store.prepare()
    store.write([row(position(1))])
    assert reader.count(TWO_MONTHS.database, "position", B1) == 1
    reader.close()


def test_a_file_of_an_older_version_gets_the_new_columns(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "telemetry.sqlite"
    old = sqlite3.connect(path)
    old.execute(
        "CREATE TABLE softplace_2_months_position (kind TEXT, unit TEXT, time_ns INTEGER, "
        "outbox TEXT, seq INTEGER, PRIMARY KEY (kind, unit, time_ns, outbox)) WITHOUT ROWID"
    )
    old.commit()
    old.close()
    store = EmbeddedTelemetry(path, clock)
    store.prepare()
    store.write([row(position(1))])
    assert len(store.track(TWO_MONTHS.database, B1, 0, START_MS * 2)) == 1


def test_a_file_that_is_not_a_database_is_refused_in_one_sentence(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like a file of something" * 9)
    with pytest.raises(TelemetryRefused, match=r"notes\.txt cannot be opened"):
        EmbeddedTelemetry(path, clock).prepare()


class FullDisk:
    """A connection whose disk is full until told otherwise."""

    full = False

    def __init__(self, inner: Connection) -> None:
        self._inner = inner

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        if self.full and sql == "COMMIT":
            self._inner.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return self._inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return self._inner.executemany(sql, parameters)

    def close(self) -> None:
        self._inner.close()


def test_a_full_disk_refuses_the_rows_says_so_once_and_takes_them_later(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[FullDisk] = []

    def connect(path: Path) -> FullDisk:
        opened.append(FullDisk(connect_sqlite(path)))
        return opened[-1]

    store = EmbeddedTelemetry(tmp_path / "telemetry.sqlite", clock, connect)
    store.prepare()
    opened[0].full = True
    for _ in range(3):
        with pytest.raises(TelemetryUnavailable, match="disk is full"):
            store.write([row(position(1))])
    opened[0].full = False
    store.write([row(position(1))])
    assert store.count(TWO_MONTHS.database, "position", B1) == 1
    assert [r.message.split()[0] for r in caplog.records] == [
        "embedded_store=broken",
        "embedded_store=healed",
    ]

"""The spool alone, and what is refused alone: order, bounds, counts, disks that fail."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.telemetry.delivery import deliver
from backend.telemetry.errors import BodyTooLarge, LinesRefused, TelemetryUnavailable
from backend.telemetry.spool import Spool
from backend.telemetry.spooled import SpooledTelemetry
from backend.telemetry.sqlite_file import Connection, connect_sqlite
from contract.clock import ManualClock
from tests.telemetry.rows import position, row
from tests.telemetry.waiting import wait_until

TWO_MONTHS, ONE_YEAR = "softplace_2_months", "softplace_1_year"
DAY_MS = 86_400_000


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.sqlite", 2_000_000, ManualClock())


def lines(first: int, count: int) -> list[str]:
    return [f"position,unit=b1 seq={n}i {n}" for n in range(first, first + count)]


def test_the_oldest_come_first_and_as_many_as_fit_go_together(spool: Spool) -> None:
    for first in range(0, 100, 10):
        spool.append([(TWO_MONTHS, lines(first, 10))])
    waiting = spool.oldest(35)
    assert waiting is not None
    assert [line.decode() for line in waiting.lines] == lines(0, 30)
    spool.settle(waiting, {})
    assert spool.rows == 70
    small = spool.oldest(1)
    assert small is not None
    assert [line.decode() for line in small.lines] == lines(30, 10)


def test_one_request_holds_one_database_and_none_starves(spool: Spool) -> None:
    spool.append([(ONE_YEAR, lines(0, 1)), (TWO_MONTHS, lines(1, 2))])
    spool.append([(ONE_YEAR, lines(3, 1)), (TWO_MONTHS, lines(4, 2))])
    order = []
    while (waiting := spool.oldest(100)) is not None:
        order.append((waiting.database, len(waiting.lines)))
        spool.settle(waiting, {})
    assert order == [(ONE_YEAR, 2), (TWO_MONTHS, 4)]


def test_lines_with_line_breaks_and_any_other_character_stay_lines(spool: Spool) -> None:
    odd = ['a,b=c d="one\ntwo\0ÿ" 1', 'a,b=c d="\U0001f68c" 2']
    spool.append([(ONE_YEAR, odd)])
    waiting = spool.oldest(10)
    assert waiting is not None
    assert [line.decode() for line in waiting.lines] == odd


def test_the_count_and_the_bound_survive_reopening(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    spool = Spool(path, 500, ManualClock())
    spool.append([(TWO_MONTHS, lines(0, 15))])
    assert spool.rows == 15
    again = Spool(path, 500, ManualClock())
    assert again.rows == 15
    for opened in (spool, again):
        with pytest.raises(TelemetryUnavailable, match=r"is full: 399 of 500 bytes in 15 rows"):
            opened.append([(TWO_MONTHS, lines(15, 15))])
        opened.close()


def test_the_disk_is_given_back_after_an_outage(spool: Spool) -> None:
    for first in range(0, 40_000, 500):
        spool.append([(TWO_MONTHS, lines(first, 500))])
    spool._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    full = spool.path.stat().st_size
    while (waiting := spool.oldest(5_000)) is not None:
        spool.settle(waiting, {})
    assert spool.rows == spool._bytes == 0
    assert spool.path.stat().st_size < full / 5


def test_refused_lines_are_kept_with_their_reason_no_longer_than_their_class(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    spool = Spool(tmp_path / "spool.sqlite", 1_000_000, clock)
    for n in range(2):
        spool.append([(TWO_MONTHS, lines(n, 2))])
        waiting = spool.oldest(10)
        assert waiting is not None
        spool.settle(waiting, {waiting.lines[0]: "no such field"})
        clock.step_wall_ms(63 * DAY_MS)
    (kept,) = spool.refused()
    assert (kept.line.decode(), kept.reason) == (lines(1, 1)[0], "no such field")


class PickyServer:
    """Refuses some lines as InfluxDB does, takes the others, and counts requests."""

    shown = "a picky server"

    def __init__(self, bad: set[bytes], max_bytes: int = 10**9, *, tells: bool = True) -> None:
        self.bad = bad
        self.max_bytes = max_bytes
        self.tells = tells
        self.taken: set[bytes] = set()
        self.requests = 0

    def prepare(self) -> None:
        """Always ready."""

    def write(self, database: str, body: bytes) -> None:
        self.requests += 1
        if len(body) > self.max_bytes:
            raise BodyTooLarge(database, len(body))
        sent = body.split(b"\n")
        self.taken |= set(sent) - self.bad
        dropped = sum(line in self.bad for line in sent)
        if dropped:
            raise LinesRefused(database, "bad", dropped if self.tells else None)

    def select(self, _database: str, _influxql: str) -> list[dict[str, Any]]:
        return []

    def close(self) -> None:
        """Nothing to let go of."""


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 199)), st.integers(60, 20_000), st.booleans())
def test_exactly_the_bad_lines_are_refused_and_all_others_taken(
    bad: set[int], max_bytes: int, tells: bool
) -> None:
    everything = [line.encode() for line in lines(0, 200)]
    server = PickyServer({everything[n] for n in bad}, max_bytes, tells=tells)
    refused = deliver(server, TWO_MONTHS, everything)
    assert set(refused) == server.bad
    assert server.taken == set(everything) - server.bad


def test_one_bad_line_in_five_thousand_costs_few_requests_and_all_bad_costs_one() -> None:
    everything = [line.encode() for line in lines(0, 5_000)]
    one = PickyServer({everything[1_234]})
    deliver(one, TWO_MONTHS, everything)
    assert one.requests < 30
    every = PickyServer(set(everything))
    assert len(deliver(every, TWO_MONTHS, everything)) == 5_000
    assert every.requests == 1


class FailingDisk:
    """A connection whose disk is full while `full` says so."""

    def __init__(self, inner: Connection) -> None:
        self.full = False
        self._inner = inner

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        if self.full and sql == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return self._inner.executemany(sql, parameters)

    def close(self) -> None:
        self._inner.close()


def test_a_full_disk_under_the_spool_refuses_rows_and_recovers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disks: list[FailingDisk] = []

    def connect(path: Path) -> FailingDisk:
        disks.append(FailingDisk(connect_sqlite(path)))
        return disks[-1]

    class Away(PickyServer):
        away = True

        def write(self, database: str, body: bytes) -> None:
            if self.away:
                raise TelemetryUnavailable("away")
            super().write(database, body)

    server = Away(set())
    spool = Spool(tmp_path / "spool.sqlite", 1_000_000, ManualClock(), connect)
    store = SpooledTelemetry(server, spool, drains=False)
    disks[0].full = True
    with pytest.raises(TelemetryUnavailable, match=r"spool .* disk is full; see to the disk"):
        store.write([row(position(1))])
    assert store.spooled() == 0
    disks[0].full = False
    store.write([row(position(1))])
    assert store.spooled() == 1
    server.away = False
    disks[0].full = True
    with pytest.raises(TelemetryUnavailable, match="disk is full"):
        store.drain_step()
    store.write([row(position(2))])
    assert (len(server.taken), store.spooled()) == (2, 1)
    disks[0].full = False
    assert store.drain_step()
    assert (len(server.taken), store.spooled()) == (2, 0)
    store.close()


def test_a_fault_in_the_draining_thread_is_said_once_and_does_not_end_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.telemetry.spooled.DISK_PAUSE_S", 0.01)

    class Faulty(PickyServer):
        faults = 3

        def write(self, database: str, body: bytes) -> None:
            if self.faults:
                self.faults -= 1
                raise RuntimeError("a fault of ours")
            super().write(database, body)

    spool = Spool(tmp_path / "spool.sqlite", 1_000_000, ManualClock())
    spool.append([(TWO_MONTHS, lines(0, 3))])
    server = Faulty(set())
    store = SpooledTelemetry(server, spool)
    wait_until(lambda: store.spooled() == 0)
    assert len(server.taken) == 3
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    store.close()

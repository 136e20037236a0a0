"""The server goes away, comes back, refuses, is emptied: nothing is lost, little is said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.http_endpoint import HttpEndpoint
from backend.telemetry.influx1 import Influx1Server
from backend.telemetry.open import TelemetrySettings, open_telemetry
from backend.telemetry.spool import Spool
from backend.telemetry.spooled import SpooledTelemetry
from contract.clock import SystemClock
from contract.retention import TWO_MONTHS
from tests.peers.influxd import Influxd, running_influxd
from tests.telemetry.rows import START_MS, one_of_each, position, row
from tests.telemetry.waiting import wait_until

POSITIONS = TWO_MONTHS.database


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[Influxd]:
    with running_influxd(tmp_path / "influxd") as server:
        yield server


@pytest.fixture
def store(influxd: Influxd, tmp_path: Path) -> Iterator[SpooledTelemetry]:
    opened = opened_on(influxd, tmp_path)
    opened.prepare()
    yield opened
    opened.close()


def opened_on(
    influxd: Influxd, tmp_path: Path, *, drains: bool = True, deadline_s: float = 10.0
) -> SpooledTelemetry:
    spool = Spool(tmp_path / "spool.sqlite", 10_000_000, SystemClock())
    server = Influx1Server(HttpEndpoint(influxd.url, {}, deadline_s))
    return SpooledTelemetry(server, spool, drains=drains)


def stored(influxd: Influxd, database: str = POSITIONS, stream: str = "position") -> int:
    """Rows in the server, by a query of the test's own."""
    rows = influxd.query(f'SELECT count("seq") FROM "{stream}"', database)  # noqa: S608 - ours
    return rows[0]["count"] if rows else 0


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message.split()[0] for record in caplog.records if record.levelno > logging.INFO]


def test_rows_of_an_outage_wait_on_disk_and_arrive_when_the_server_is_back(
    store: SpooledTelemetry, influxd: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    store.write([row(position(n)) for n in range(1, 11)])
    influxd.kill()
    for first in range(11, 211, 20):
        store.write([row(position(n)) for n in range(first, first + 20)])
    assert store.spooled() == 200
    influxd.start()
    wait_until(lambda: store.spooled() == 0)
    store.write([row(position(211))])
    assert stored(influxd) == 211
    assert said(caplog) == ["telemetry=broken", "telemetry=healed"]


def test_live_rows_do_not_wait_behind_the_backlog(tmp_path: Path, influxd: Influxd) -> None:
    store = opened_on(influxd, tmp_path, drains=False)
    store.prepare()
    influxd.kill()
    store.write([row(position(n)) for n in range(1, 12_001)])
    influxd.start()
    assert store.drain_step()
    assert store.spooled() == 7_000
    store.write([row(position(20_000))])
    assert store.spooled() == 7_000
    assert stored(influxd) == 5_001
    store.close()


def test_a_dead_server_is_not_asked_for_each_batch(tmp_path: Path) -> None:
    class Counting(Influx1Server):
        asked = 0

        def write(self, database: str, body: bytes) -> None:
            self.asked += 1
            super().write(database, body)

    server = Counting(HttpEndpoint("http://127.0.0.1:9", {}))
    spool = Spool(tmp_path / "spool.sqlite", 10_000_000, SystemClock())
    store = SpooledTelemetry(server, spool, drains=False)
    for n in range(1, 100):
        store.write([row(position(n))])
    assert (server.asked, store.spooled()) == (1, 99)
    store.close()


def test_a_frozen_server_holds_a_write_no_longer_than_its_deadline(
    tmp_path: Path, influxd: Influxd
) -> None:
    store = opened_on(influxd, tmp_path, deadline_s=0.3)
    store.prepare()
    influxd.pause()
    store.write([row(position(1))])
    assert store.spooled() == 1
    influxd.resume()
    wait_until(lambda: store.spooled() == 0)
    assert stored(influxd) == 1
    store.close()


def test_a_process_killed_with_a_full_spool_goes_on_where_it_was(
    tmp_path: Path, influxd: Influxd
) -> None:
    store = opened_on(influxd, tmp_path, drains=False)
    store.prepare()
    influxd.kill()
    store.write([row(position(n)) for n in range(1, 31)])
    # Not closed: the file is left as a killed process leaves it.
    influxd.start()
    again = opened_on(influxd, tmp_path)
    wait_until(lambda: again.spooled() == 0)
    assert stored(influxd) == 30
    again.close()


def test_a_batch_accepted_but_not_yet_forgotten_is_sent_again_harmlessly(
    tmp_path: Path, influxd: Influxd
) -> None:
    store = opened_on(influxd, tmp_path, drains=False)
    store.prepare()
    influxd.kill()
    store.write([row(position(n)) for n in range(1, 31)])
    influxd.start()
    waiting = store._spool.oldest(5_000)
    assert waiting is not None
    store._server.write(waiting.database, b"\n".join(waiting.lines))
    assert stored(influxd) == 30
    assert store.drain_step()
    assert (stored(influxd), store.spooled()) == (30, 0)
    store.close()


def test_a_server_that_is_away_at_the_start_is_prepared_when_it_comes(
    tmp_path: Path, influxd: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    influxd.kill()
    settings = TelemetrySettings(
        url=influxd.url, path=tmp_path / "unused", spool_path=tmp_path / "spool.sqlite"
    )
    store = open_telemetry(settings, SystemClock())
    store.prepare()
    store.write([row(message) for message in one_of_each(1)])
    with pytest.raises(TelemetryUnavailable):
        store.last_mark()
    with pytest.raises(TelemetryUnavailable):
        store.mark(1, "a" * 16, START_MS)
    influxd.start()
    wait_until(lambda: store.spooled() == 0)
    assert stored(influxd) == 1
    policies = influxd.query(f'SHOW RETENTION POLICIES ON "{POSITIONS}"')
    assert [policy["duration"] for policy in policies] == ["1488h0m0s"]
    assert said(caplog) == ["telemetry=broken", "telemetry=healed"]
    assert "does not answer: Connection refused" in caplog.records[0].message
    store.close()


def test_a_database_dropped_while_running_is_made_again_and_the_mark_is_gone(
    store: SpooledTelemetry, influxd: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    store.write([row(position(1))])
    store.mark(1, "a" * 16, START_MS)
    assert store.last_mark() == (1, "a" * 16)
    influxd.query(f'DROP DATABASE "{POSITIONS}"')
    store.write([row(position(2))])
    assert (stored(influxd), store.spooled()) == (1, 0)
    assert store.last_mark() is None
    assert said(caplog) == ["influxdb=recreated"]
    store.mark(2, "b" * 16, START_MS)
    assert store.last_mark() == (2, "b" * 16)


def test_a_bad_line_is_set_aside_with_its_reason_and_the_rest_goes_on(
    store: SpooledTelemetry, influxd: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    time_ns = START_MS * 1_000_000
    store._server.write(POSITIONS, f'position,unit=x speed_m_s="fast" {time_ns}'.encode())
    slow = [row(position(n, speed_m_s=None)) for n in range(1, 301)]
    fast = [row(position(n)) for n in (400, 401, 402)]
    store.write([*slow[:150], *fast, *slow[150:]])
    wait_until(lambda: store.spooled() == 0)
    assert stored(influxd) == 300
    refused = store.refused()
    assert len(refused) == 3
    assert {b"speed_m_s=12.0" in line.line for line in refused} == {True}
    assert all("field type conflict" in line.reason for line in refused)
    assert said(caplog) == ["telemetry=refused"]
    store.write([row(position(500, speed_m_s=None))])
    assert stored(influxd) == 301


def test_points_older_than_their_class_keeps_are_dropped_not_kept_on_disk(
    store: SpooledTelemetry, influxd: Influxd
) -> None:
    old = [row(position(n, START_MS - 70 * 86_400_000)) for n in range(1, 9)]
    store.write([*old, row(position(20))])
    wait_until(lambda: store.spooled() == 0)
    assert stored(influxd) == 1
    assert store.refused() == []


def test_a_full_spool_refuses_rows_and_takes_them_once_drained(
    tmp_path: Path, influxd: Influxd
) -> None:
    spool = Spool(tmp_path / "spool.sqlite", 5_000, SystemClock())
    store = SpooledTelemetry(Influx1Server(HttpEndpoint(influxd.url, {})), spool, drains=False)
    store.prepare()
    influxd.kill()
    store.write([row(position(n)) for n in range(1, 11)])
    with pytest.raises(TelemetryUnavailable, match="is full"):
        store.write([row(position(n)) for n in range(11, 21)])
    assert store.spooled() == 10
    influxd.start()
    while store.drain_step():
        pass
    store.write([row(position(n)) for n in range(11, 21)])
    assert stored(influxd) == 20
    store.close()

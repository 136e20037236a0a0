"""One suite for every store: what a row is after it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.telemetry.embedded import EmbeddedTelemetry
from backend.telemetry.fake import FakeTelemetry
from backend.telemetry.model import Row, TelemetryStore
from backend.telemetry.open import TelemetrySettings, open_telemetry
from backend.telemetry.points import point_of
from contract.clock import SystemClock
from contract.retention import ONE_YEAR, REPLAY, TWO_MONTHS
from contract.topics import Unit
from tests.peers.influx2_front import TOKEN, influx2_front
from tests.peers.influxd import running_influxd
from tests.telemetry.rows import B1, OUTBOX, START_MS, one_of_each, position, row


def fake_store(_tmp_path: Path) -> Iterator[TelemetryStore]:
    yield FakeTelemetry()


def embedded_store(tmp_path: Path) -> Iterator[TelemetryStore]:
    yield EmbeddedTelemetry(tmp_path / "telemetry.sqlite", SystemClock())


def influx1_store(tmp_path: Path) -> Iterator[TelemetryStore]:
    with running_influxd(tmp_path / "influxd") as server:
        yield open_telemetry(
            TelemetrySettings(
                url=server.url, path=tmp_path / "unused", spool_path=tmp_path / "spool.sqlite"
            ),
            SystemClock(),
        )


def influx2_store(tmp_path: Path) -> Iterator[TelemetryStore]:
    with running_influxd(tmp_path / "influxd") as server, influx2_front(server) as front:
        yield open_telemetry(
            TelemetrySettings(
                url=front.url,
                path=tmp_path / "unused",
                spool_path=tmp_path / "spool.sqlite",
                token=TOKEN,
                org="so",
            ),
            SystemClock(),
        )


STORES: dict[str, Callable[[Path], Iterator[TelemetryStore]]] = {
    "fake": fake_store,
    "embedded": embedded_store,
    "influxd 1.6": influx1_store,
    "calls of 2.x": influx2_store,
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    for opened in STORES[request.param](tmp_path):
        opened.prepare()
        yield opened
        opened.close()


def test_every_stream_comes_back_as_it_was_written(store: TelemetryStore) -> None:
    rows = [row(message) for message in one_of_each(1)]
    store.write(rows)
    for written in rows:
        assert store.count(written.database, written.stream, B1) == 1
        assert store.newest(written.database, written.stream, B1) == point_of(written)


def test_values_keep_their_type(store: TelemetryStore) -> None:
    store.write([row(position(1, speed_m_s=5.0, odometer_m=0.0))])
    point = store.newest(TWO_MONTHS.database, "position", B1)
    assert point is not None
    assert type(point["speed_m_s"]) is float
    assert type(point["odometer_m"]) is float
    assert type(point["fix_quality"]) is int
    assert point["replayed"] is False


def test_a_row_written_again_changes_nothing(store: TelemetryStore) -> None:
    rows = [row(position(n)) for n in range(1, 40)]
    store.write(rows)
    store.write(rows[10:20])
    store.write(rows)
    assert store.count(TWO_MONTHS.database, "position", B1) == 39


def test_rows_of_one_millisecond_are_all_kept(store: TelemetryStore) -> None:
    store.write([row(position(n, START_MS)) for n in (1, 2, 3, 1_000_004)])
    assert store.count(TWO_MONTHS.database, "position", B1) == 4


def test_two_outboxes_of_one_unit_are_both_kept(store: TelemetryStore) -> None:
    store.write([row(position(1)), row(position(1, outbox="f" * 16))])
    assert store.count(TWO_MONTHS.database, "position", B1) == 2


def test_units_of_the_same_name_and_other_kind_are_kept_apart(store: TelemetryStore) -> None:
    store.write([row(position(1)), row(position(2), Unit("truck", "b1"))])
    assert store.count(TWO_MONTHS.database, "position", B1) == 1
    assert store.count(TWO_MONTHS.database, "position", Unit("truck", "b1")) == 1


def test_newest_is_by_time_of_measurement_not_of_arrival(store: TelemetryStore) -> None:
    store.write([row(position(9))])
    store.write([row(position(3))])
    point = store.newest(TWO_MONTHS.database, "position", B1)
    assert point is not None
    assert point["seq"] == 9


def test_a_class_that_does_not_expire_takes_any_stream_of_any_year(store: TelemetryStore) -> None:
    old = [row(message, retention=REPLAY) for message in one_of_each(1, 1_009_843_200_000)]
    store.write(old)
    for written in old:
        assert store.newest(REPLAY.database, written.stream, B1) == point_of(written)
    assert store.count(TWO_MONTHS.database, "position", B1) == 0


def test_nothing_is_known_of_a_silent_unit(store: TelemetryStore) -> None:
    silent = Unit("bus", "b9")
    assert store.count(TWO_MONTHS.database, "position", silent) == 0
    assert store.newest(TWO_MONTHS.database, "position", silent) is None
    assert store.newest(ONE_YEAR.database, "alarm", silent) is None
    assert store.track(TWO_MONTHS.database, silent, 0, START_MS) == []


def test_a_track_is_the_positions_of_its_time_in_order(store: TelemetryStore) -> None:
    store.write([row(position(n)) for n in (5, 2, 4, 3, 1)])
    store.write([row(position(6, speed_m_s=None, course_deg=None))])
    track = store.track(TWO_MONTHS.database, B1, START_MS + 2_000, START_MS + 5_000)
    assert [point.observed_ms - START_MS for point in track] == [2_000, 3_000, 4_000]
    assert track[0].latitude == 44.5181234 + 2e-6
    (last,) = store.track(TWO_MONTHS.database, B1, START_MS + 6_000, START_MS + 6_001)
    assert (last.speed_m_s, last.course_deg, last.odometer_m) == (None, None, 72.0)


def test_the_last_mark_is_the_one_written_last(store: TelemetryStore) -> None:
    assert store.last_mark() is None
    store.mark(1, "a" * 16, START_MS)
    store.mark(7, "a" * 16, START_MS + 1)
    assert store.last_mark() == (7, "a" * 16)
    store.mark(2, "b" * 16, START_MS - 5_000)
    assert store.last_mark() == (2, "b" * 16)


def test_no_rows_are_no_work(store: TelemetryStore) -> None:
    store.write([])
    assert store.spooled() == 0


def test_many_rows_of_mixed_streams_in_one_write_are_all_stored(store: TelemetryStore) -> None:
    rows: list[Row] = [row(m) for n in range(1, 800) for m in one_of_each(n)]
    store.write(rows)
    for message in one_of_each(1):
        written = row(message)
        assert store.count(written.database, written.stream, B1) == 799
    assert {r.message.outbox for r in rows} == {OUTBOX}

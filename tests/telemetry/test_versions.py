"""Each version of InfluxDB is spoken to in its own way, and told apart by /ping or a setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.model import TelemetryStore
from backend.telemetry.open import TelemetrySettings, open_server, open_telemetry
from contract.clock import SystemClock
from contract.retention import RETENTION_CLASSES, TWO_MONTHS
from tests.peers.influx2_front import TOKEN, influx2_front
from tests.peers.influxd import Influxd, running_influxd
from tests.peers.victoriametrics import running_victoriametrics
from tests.telemetry.rows import B1, one_of_each, position, row
from tests.telemetry.waiting import wait_until

DAY_S = 86_400


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[Influxd]:
    with running_influxd(tmp_path / "influxd") as server:
        yield server


def settings(tmp_path: Path, url: str, **given: Any) -> TelemetrySettings:
    return TelemetrySettings(
        url=url, path=tmp_path / "unused", spool_path=tmp_path / "spool.sqlite", **given
    )


def opened(tmp_path: Path, url: str, **given: Any) -> TelemetryStore:
    return open_telemetry(settings(tmp_path, url, token=TOKEN, org="so", **given), SystemClock())


def test_a_server_of_version_2_gets_buckets_and_gives_rows_back(
    tmp_path: Path, influxd: Influxd
) -> None:
    with influx2_front(influxd) as front:
        store = opened(tmp_path, front.url)
        store.prepare()
        assert front.buckets == {c.database: (c.days or 0) * DAY_S for c in RETENTION_CLASSES}
        store.write([row(position(n)) for n in range(1, 11)])
        assert store.count(TWO_MONTHS.database, "position", B1) == 10
        store.close()


def test_a_bucket_that_keeps_its_rows_too_long_is_corrected(
    tmp_path: Path, influxd: Influxd
) -> None:
    with influx2_front(influxd) as front:
        front.buckets[TWO_MONTHS.database] = 400 * DAY_S
        store = opened(tmp_path, front.url)
        store.prepare()
        assert front.buckets[TWO_MONTHS.database] == 62 * DAY_S
        store.close()


def test_a_token_that_may_not_create_buckets_is_told_what_to_do(
    tmp_path: Path, influxd: Influxd
) -> None:
    with influx2_front(influxd, may_create=False) as front:
        store = opened(tmp_path, front.url)
        with pytest.raises(TelemetryRefused, match="give the token the right to create buckets"):
            store.prepare()
        store.close()


def test_a_wrong_token_is_refused_in_one_sentence(tmp_path: Path, influxd: Influxd) -> None:
    with influx2_front(influxd) as front:
        store = open_telemetry(settings(tmp_path, front.url, token="wrong"), SystemClock())
        with pytest.raises(TelemetryRefused, match=r"401: unauthorized access.*the token"):
            store.prepare()
        store.close()


def test_a_server_of_version_3_gets_databases_with_their_retention(
    tmp_path: Path, influxd: Influxd
) -> None:
    with influx2_front(influxd, "3.2.0") as front:
        store = opened(tmp_path, front.url)
        store.prepare()
        store.prepare()
        assert front.databases["softplace_2_months"] == "62d"
        assert front.databases["softplace_replay"] is None
        store.write([row(position(1))])
        assert store.count(TWO_MONTHS.database, "position", B1) == 1
        store.close()


def test_a_server_of_version_2_that_stumbles_gets_the_rows_from_the_spool(
    tmp_path: Path, influxd: Influxd
) -> None:
    with influx2_front(influxd) as front:
        store = opened(tmp_path, front.url)
        store.prepare()
        front.fail_next = [503]
        store.write([row(position(1))])
        assert store.spooled() == 1
        store.write([row(position(2))])
        store.close()
        again = opened(tmp_path, front.url)
        wait_until(lambda: again.spooled() == 0)
        assert again.count(TWO_MONTHS.database, "position", B1) == 2
        again.close()


def test_a_server_that_tells_no_version_needs_the_setting(tmp_path: Path, influxd: Influxd) -> None:
    with influx2_front(influxd, None) as front:
        store = opened(tmp_path, front.url)
        with pytest.raises(TelemetryRefused, match="does not say which InfluxDB it is"):
            store.prepare()
        store.close()
        named = opened(tmp_path, front.url, version="2.7")
        named.prepare()
        assert set(front.buckets) == {c.database for c in RETENTION_CLASSES}
        named.close()


@pytest.mark.parametrize("version", ["two", "", "v"])
def test_a_version_that_is_none_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(TelemetryRefused, match=r"write for example 1\.8 or 2\.7"):
        open_server(settings(tmp_path, "http://127.0.0.1:9", version=version))


def test_the_write_path_of_version_2_is_taken_by_a_second_real_server(tmp_path: Path) -> None:
    with running_victoriametrics(tmp_path / "vm") as server:
        store = opened(tmp_path, server.url, version="2.7")
        positions = [position(n) for n in range(1, 6_001)]
        store.write([row(message) for message in positions])
        assert store.spooled() == 0
        store.write([row(message) for message in one_of_each(7_000)])
        (series,) = server.export('{__name__="position_latitude",unit="b1"}')
        assert series["metric"]["kind"] == "bus"
        assert series["metric"]["outbox"] == positions[0].outbox
        stored = dict(zip(series["timestamps"], series["values"], strict=True))
        meant = {m.observed_ms: m.latitude for m in [*positions, position(7_000)]}
        assert stored == pytest.approx(meant, abs=1e-12)
        (odometer,) = server.export('{__name__="position_odometer_m"}')
        assert odometer["values"][-2] == 72_000.0
        store.close()


def test_a_second_real_server_that_was_away_gets_what_waited(tmp_path: Path) -> None:
    with running_victoriametrics(tmp_path / "vm") as server:
        store = opened(tmp_path, server.url, version="2.7")
        store.write([row(position(1))])
        server.stop()
        store.write([row(position(2)), row(position(3))])
        assert store.spooled() == 2
        store.close()
        server.start()
        again = opened(tmp_path, server.url, version="2.7")
        wait_until(lambda: again.spooled() == 0)
        (series,) = server.export('{__name__="position_seq"}')
        assert series["values"] == [1, 2, 3]
        again.close()

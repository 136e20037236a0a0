"""Every wrong setting gets one clear sentence with what to do, and no secret in it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.telemetry.errors import TelemetryRefused, TelemetryUnavailable
from backend.telemetry.model import TelemetryStore
from backend.telemetry.open import TelemetrySettings, open_telemetry, open_telemetry_reader
from contract.clock import SystemClock
from contract.retention import RETENTION_CLASSES, TWO_MONTHS
from tests.peers.influxd import Influxd, running_influxd
from tests.telemetry.rows import B1, START_MS, position, row
from tests.telemetry.waiting import wait_until

ADMIN = ("admin", "admin-word")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Influxd]:
    with running_influxd(tmp_path / "influxd", auth=True) as server:
        server.query("CREATE USER admin WITH PASSWORD 'admin-word' WITH ALL PRIVILEGES")
        server.query("CREATE USER ingest WITH PASSWORD 'ingest-word'", login=ADMIN)
        yield server


def settings(tmp_path: Path, url: str, **given: Any) -> TelemetrySettings:
    return TelemetrySettings(
        url=url, path=tmp_path / "unused", spool_path=tmp_path / "spool.sqlite", **given
    )


def opened(tmp_path: Path, url: str, **given: Any) -> TelemetryStore:
    return open_telemetry(settings(tmp_path, url, **given), SystemClock())


def test_a_wrong_password_is_said_without_repeating_it(tmp_path: Path, guarded: Influxd) -> None:
    store = opened(tmp_path, guarded.url, username="ingest", password="hunter2-wrong")
    with pytest.raises(TelemetryRefused, match="check the user name and password") as refused:
        store.prepare()
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(settings(tmp_path, guarded.url, password="hunter2"))
    store.close()


def test_no_password_where_one_is_needed_is_said(tmp_path: Path, guarded: Influxd) -> None:
    store = opened(tmp_path, guarded.url)
    with pytest.raises(TelemetryRefused, match="401: unable to parse authentication credentials"):
        store.prepare()
    store.close()


def test_a_database_that_may_not_be_made_is_named_with_the_statement(
    tmp_path: Path, guarded: Influxd
) -> None:
    store = opened(tmp_path, guarded.url, username="ingest", password="ingest-word")
    with pytest.raises(
        TelemetryRefused,
        match="has no database softplace_2_months and this user may not create it; as an "
        'administrator run: CREATE DATABASE "softplace_2_months" WITH DURATION 62d',
    ):
        store.prepare()
    store.close()


def test_a_user_of_prepared_databases_needs_no_more_rights(
    tmp_path: Path, guarded: Influxd
) -> None:
    admin = opened(tmp_path, guarded.url, username="admin", password="admin-word")
    admin.prepare()
    admin.close()
    for retention in RETENTION_CLASSES:
        guarded.query(f'GRANT ALL ON "{retention.database}" TO ingest', login=ADMIN)
    store = opened(tmp_path, guarded.url, username="ingest", password="ingest-word")
    store.prepare()
    store.write([row(position(1))])
    store.mark(1, "a" * 16, START_MS)
    assert store.count(TWO_MONTHS.database, "position", B1) == 1
    store.close()


def test_a_database_that_keeps_too_long_is_corrected_or_the_statement_given(
    tmp_path: Path, guarded: Influxd
) -> None:
    for retention in RETENTION_CLASSES:
        guarded.query(f'CREATE DATABASE "{retention.database}"', login=ADMIN)
        guarded.query(f'GRANT ALL ON "{retention.database}" TO ingest', login=ADMIN)
    store = opened(tmp_path, guarded.url, username="ingest", password="ingest-word")
    with pytest.raises(
        TelemetryRefused,
        match=r"keeps database softplace_2_months for 0s instead of 62d.*run: ALTER RETENTION "
        'POLICY "autogen" ON "softplace_2_months" DURATION 62d',
    ):
        store.prepare()
    store.close()
    admin = opened(tmp_path, guarded.url, username="admin", password="admin-word")
    admin.prepare()
    found = guarded.query('SHOW RETENTION POLICIES ON "softplace_3_months"', login=ADMIN)
    assert [policy["duration"] for policy in found] == ["2232h0m0s"]
    admin.close()


def test_a_password_changed_while_running_costs_no_row(
    tmp_path: Path, guarded: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(tmp_path, guarded.url, username="admin", password="admin-word")
    store.prepare()
    guarded.query("SET PASSWORD FOR admin = 'other'", login=ADMIN)
    store.write([row(position(1))])
    store.write([row(position(2))])
    assert store.spooled() == 2
    guarded.query("SET PASSWORD FOR admin = 'admin-word'", login=("admin", "other"))
    wait_until(lambda: store.spooled() == 0)
    assert store.count(TWO_MONTHS.database, "position", B1) == 2
    said = [r.message for r in caplog.records if r.levelno > logging.INFO]
    assert [line.split()[0] for line in said] == ["telemetry=broken", "telemetry=healed"]
    assert "does not let us use database softplace_2_months" in said[0]
    store.close()


def test_a_database_dropped_from_under_a_user_who_may_not_make_it_is_spooled(
    tmp_path: Path, guarded: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    admin = opened(tmp_path, guarded.url, username="admin", password="admin-word")
    admin.prepare()
    admin.close()
    for retention in RETENTION_CLASSES:
        guarded.query(f'GRANT ALL ON "{retention.database}" TO ingest', login=ADMIN)
    store = opened(tmp_path, guarded.url, username="ingest", password="ingest-word")
    store.prepare()
    guarded.query('DROP DATABASE "softplace_2_months"', login=ADMIN)
    store.write([row(position(1))])
    assert store.spooled() == 1
    assert 'run: CREATE DATABASE "softplace_2_months" WITH DURATION 62d' in caplog.text
    guarded.query('CREATE DATABASE "softplace_2_months" WITH DURATION 62d', login=ADMIN)
    guarded.query('GRANT ALL ON "softplace_2_months" TO ingest', login=ADMIN)
    wait_until(lambda: store.spooled() == 0)
    assert store.count(TWO_MONTHS.database, "position", B1) == 1
    store.close()


@pytest.mark.parametrize(
    "url", ["influx", "ftp://x:8086", "http://", "http://h:port", "http://h:99999"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(TelemetryRefused, match="InfluxDB address"):
        opened(tmp_path, url)


def test_a_name_and_password_in_the_address_are_used_and_never_shown(
    tmp_path: Path, guarded: Influxd
) -> None:
    url = guarded.url.replace("http://", "http://admin:admin-word@")
    store = opened(tmp_path, url)
    store.prepare()
    guarded.kill()
    with pytest.raises(TelemetryUnavailable) as away:
        store.count(TWO_MONTHS.database, "position", B1)
    assert "admin-word" not in str(away.value)
    store.close()


def test_something_else_at_the_address_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        store = opened(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(TelemetryRefused, match="does not say which InfluxDB it is"):
            store.prepare()
        thread.join()
        store.close()


def test_a_spool_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").mkdir()
    with pytest.raises(TelemetryUnavailable, match=r"spool .*spool\.sqlite cannot be used"):
        opened(tmp_path, "http://127.0.0.1:9")


def test_a_reader_beside_the_writer_touches_no_spool(tmp_path: Path, guarded: Influxd) -> None:
    login = {"username": "admin", "password": "admin-word"}
    store = opened(tmp_path, guarded.url, **login)
    store.prepare()
    store.write([row(position(1))])
    beside = settings(tmp_path / "beside", guarded.url, **login)
    reader = open_telemetry_reader(beside)
    assert reader.count(TWO_MONTHS.database, "position", B1) == 1
    assert len(reader.track(TWO_MONTHS.database, B1, START_MS, START_MS + 60_000)) == 1
    assert not beside.spool_path.parent.exists()
    reader.close()
    store.close()

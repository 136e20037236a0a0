"""`softplace doctor`: each bad state has its sentence and its remedy."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import termios
import threading
import tty
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend.broker.embedded import EmbeddedBroker
from backend.broker.model import Account
from contract.retention import RETENTION_CLASSES
from contract.topics import Unit
from edge.drivers.nmea_sentence import sealed
from edge.link.database import Database, connect_sqlite
from edge.link.loading import prepare
from softplace.__main__ import main
from softplace.doctor import broker, gpsd, machine, orphans, serial_port, stores
from softplace.doctor.examine import examine
from softplace.doctor.finding import Finding, failed, ok
from softplace.doctor.report import as_text
from softplace.doctor.rows import CHECKS, Check
from softplace.doctor.subject import (
    Influx,
    Receiver,
    Subject,
    UnreadableSubject,
    subject_of,
)
from tests.broker.harness import BrokerThread, Client
from tests.peers.influxd import running_influxd
from tests.peers.mosquitto import running_mosquitto
from tests.peers.ports import free_port

WAIT_S = 0.2
BACKEND = Account("backend", "secret")
TERRITORY = {
    "territory": "lozere",
    "name": "Lozère",
    "timezone": "Europe/Paris",
    "phone": "",
    "licence": "",
    "communes": [],
    "stops": [],
    "routes": [],
    "trips": [],
    "vehicles": [{"unit": "bus/b1", "name": "B1"}],
}
SENTENCE = sealed("GPRMC,120000,A,4430.0,N,00330.0,E,0.0,0.0,010126,,")


def _subject(address=None, **options: Any) -> Subject:
    options.setdefault("wait_s", WAIT_S)
    return Subject(broker=address, **options)


@pytest.fixture
def embedded():
    with BrokerThread(lambda: EmbeddedBroker(port=0, accounts=[BACKEND])) as running:
        yield running


def _with(running: BrokerThread, password: str = BACKEND.password):
    return replace(running.address, username="backend", password=password)


# The command.


def test_it_reports_every_row_and_fails_only_where_something_failed(capsys, tmp_path):
    code = main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert [row["check"] for row in report["checks"]] == [check.name for check in CHECKS]
    assert code == (1 if report["failed"] else 0)
    for row in report["checks"]:
        assert row["sentence"]
        assert row["mend"] or row["state"] in {"ok", "not_checked"}


def test_a_broker_that_refuses_is_one_row_with_its_remedy_and_exit_code_1(capsys):
    code = main(["doctor", "--broker", f"mqtt://127.0.0.1:{free_port()}"])
    out = capsys.readouterr().out
    assert code == 1
    assert "FAILED" in out
    assert "-> start it there, or correct the address" in out
    assert "the broker has to be mended first" in " ".join(out.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--broker", "http://x"], "scheme 'http' is not mqtt or mqtts"),
        (["--influx", "x"], "write http://host:8086"),
        (["--config", "/nowhere.toml"], "cannot be read: No such file"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_sentence(capsys, options, said):
    assert main(["doctor", *options]) == 1
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_the_settings_of_either_side_name_the_subject(tmp_path):
    agent = tmp_path / "agent.toml"
    agent.write_text(
        'territory = "lozere"\nunit = "bus/b1"\n[broker]\nurl = "mqtt://127.0.0.1"\n'
        '[position]\nport = "/dev/ttyACM0"\nbaud = 4800\n[outbox]\npath = "outbox.sqlite"\n'
    )
    subject = subject_of(config=agent)
    assert subject.receiver == Receiver("/dev/ttyACM0", 4800)
    assert subject.outbox == tmp_path / "outbox.sqlite"
    assert subject_of(config=agent, port="/dev/x", baud=9600).receiver == Receiver("/dev/x", 9600)

    backend = tmp_path / "softplace.toml"
    backend.write_text(
        f'territory = "lozere"\ndata = "{tmp_path}"\n'
        '[telemetry]\nurl = "http://127.0.0.1:8086"\n[broker]\nurl = "mqtt://b:p@127.0.0.1"\n'
    )
    subject = subject_of(config=backend)
    assert subject.influx == Influx("http://127.0.0.1:8086")
    assert subject.embedded_store == tmp_path
    assert subject.broker is not None
    assert subject.broker.username == "b"


@pytest.mark.parametrize("content", ["unit = ", 'unit = "plane/1"', "nonsense = 1"])
def test_settings_that_cannot_be_used_are_one_sentence(tmp_path, content):
    config = tmp_path / "x.toml"
    config.write_text(content)
    with pytest.raises(UnreadableSubject, match=r"x\.toml"):
        subject_of(config=config)


async def test_a_check_that_breaks_is_a_row_and_stops_nothing():
    async def broken(_: Subject) -> Finding:
        raise ZeroDivisionError("oh")

    async def fine(_: Subject) -> Finding:
        return ok("fine")

    rows = [Check("a", broken), Check("b", fine), Check("c", fine, needs="a")]
    states = [(f.check, f.state) for f in await examine(Subject(), rows)]
    assert states == [("a", "failed"), ("b", "ok"), ("c", "not_checked")]


def test_the_table_wraps_and_keeps_lines_of_a_remedy_apart():
    text = as_text([failed("word " * 40, "first\nsecond")])
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "-> first\n" in text
    assert "-> second\n" in text


# The machine.


async def test_a_clock_that_is_not_synchronised_is_a_warning():
    assert (await machine.clock(Subject(kernel_clock_ms=lambda: 1))).state == "ok"
    found = await machine.clock(Subject(kernel_clock_ms=lambda: None))
    assert (found.state, found.mend) == ("warning", "sudo timedatectl set-ntp true")


@pytest.mark.parametrize(("free", "state"), [(10**8, "failed"), (5 * 10**8, "warning")])
async def test_a_disk_that_fills_is_said_before_it_is_full(monkeypatch, free, state):
    usage = SimpleNamespace(free=free, total=10**10)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    found = await machine.disk(Subject(data=Path("/not/yet/made")))
    assert found.state == state
    assert "for /" in found.sentence


# The receiver, on a pseudo terminal that stands for the serial port.


@contextmanager
def _port(*, speaks_at: int | None, says: bytes = SENTENCE):
    """A pty whose other end speaks; at another speed than asked for, what comes is noise."""
    speeds = {9600: termios.B9600, 4800: termios.B4800}
    master, slave = os.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def speak() -> None:
        while not ended.wait(0.05):
            if speaks_at is not None:
                matches = termios.tcgetattr(slave)[5] == speeds[speaks_at]
                os.write(master, says if matches else b"\xff\x80\x00" * 20)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        ended.set()
        thread.join()
        os.close(master)
        os.close(slave)


async def test_a_receiver_that_speaks_is_heard():
    with _port(speaks_at=9600) as port:
        found = await serial_port.nmea(Subject(receiver=Receiver(port)))
    assert (found.state, found.sentence) == ("ok", f"{port} speaks NMEA at 9600 baud")


async def test_a_wrong_speed_is_named_with_the_right_one(monkeypatch):
    monkeypatch.setattr(serial_port, "LISTEN_S", 0.3)
    with _port(speaks_at=4800) as port:
        found = await serial_port.nmea(Subject(receiver=Receiver(port)))
    assert found.sentence == f"{port} speaks NMEA at 4800 baud, not at 9600"
    assert found.mend == "set baud = 4800 under [position]"


@pytest.mark.parametrize(
    ("speaks_at", "says", "said"),
    [(None, b"", "nothing comes from"), (9600, b"\xb5\x62\x01\x07" * 9, "are not NMEA at any")],
    ids=["silent", "binary"],
)
async def test_a_silent_or_binary_receiver_is_said(monkeypatch, speaks_at, says, said):
    monkeypatch.setattr(serial_port, "LISTEN_S", 0.2)
    with _port(speaks_at=speaks_at, says=says) as port:
        found = await serial_port.nmea(Subject(receiver=Receiver(port)))
    assert found.state == "failed"
    assert said in found.sentence


async def test_a_port_that_is_not_there_is_said():
    found = await serial_port.nmea(Subject(receiver=Receiver("/dev/ttyNONE7")))
    assert found.state == "failed"
    assert found.sentence == "no serial port /dev/ttyNONE7"
    assert found.mend.startswith("plug the receiver in or correct [position] port")


@pytest.mark.parametrize(
    ("devices", "state"), [([{"path": "/dev/ttyACM0"}], "ok"), ([], "failed"), (None, "failed")]
)
async def test_gpsd_is_asked_for_its_receivers(devices, state):
    async def speak(reader, writer):
        if devices is None:
            writer.write(b"SSH-2.0\n")
        else:
            writer.write(b'{"class":"VERSION","release":"3.22"}\n')
            await reader.readline()
            writer.write(json.dumps({"class": "DEVICES", "devices": devices}).encode() + b"\n")
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        where = ("127.0.0.1", server.sockets[0].getsockname()[1])
        wanted = Subject(receiver=Receiver(gpsd=where, uses_gpsd=True))
        assert (await gpsd.gpsd(wanted)).state == state


async def test_an_absent_gpsd_matters_only_where_it_is_used():
    where = ("127.0.0.1", free_port())
    assert (await gpsd.gpsd(Subject(receiver=Receiver(gpsd=where)))).state == "not_checked"
    wanted = Subject(receiver=Receiver(gpsd=where, uses_gpsd=True))
    assert (await gpsd.gpsd(wanted)).state == "failed"


# The broker.


async def test_a_wrong_password_is_said_without_it(embedded):
    found = await broker.answers(_subject(_with(embedded, "hunter2")))
    assert found.state == "failed"
    assert "refuses user 'backend'" in found.sentence
    assert found.mend == "correct the user name or the password"
    assert "hunter2" not in found.sentence + found.mend


async def test_the_embedded_broker_says_what_it_cannot_do(embedded):
    subject = _subject(_with(embedded))
    assert (await broker.answers(subject)).state == "ok"
    found = await broker.kind(subject)
    assert found.state == "warning"
    assert "$share/group/topic" in found.sentence
    assert (await broker.limits(subject)).state == "ok"


async def test_low_limits_of_mosquitto_are_measured_and_the_lines_to_write_are_given(tmp_path):
    low = {"max_inflight_messages": "20", "max_queued_messages": "1000", "max_queued_bytes": "0"}
    with running_mosquitto(tmp_path, config=low) as mosquitto:
        found = await broker.limits(_subject(mosquitto.address))
    assert found.state == "warning"
    assert found.sentence.startswith("20 messages go out before one is acknowledged, and of 3000")
    assert "\nmax_inflight_messages 5000\nmax_queued_messages 500000" in found.mend


async def test_raised_limits_of_mosquitto_are_enough(tmp_path):
    with running_mosquitto(tmp_path) as mosquitto:
        subject = _subject(mosquitto.address)
        assert (await broker.kind(subject)).sentence.startswith("mosquitto version")
        assert (await broker.limits(subject)).state == "ok"


async def test_a_device_account_measures_nothing_and_is_told_so():
    device = Account("device", "secret", Unit("bus", "b1"), "lozere")
    with BrokerThread(lambda: EmbeddedBroker(port=0, accounts=[device])) as running:
        subject = _subject(replace(running.address, username="device", password="secret"))
        found = await broker.limits(subject)
    assert found.state == "not_checked"
    assert "backend's account" in found.mend


async def test_units_nobody_knows_are_found_with_the_command_that_clears_them(embedded, tmp_path):
    territory = tmp_path / "territory.json"
    territory.write_text(json.dumps(TERRITORY))
    subject = _subject(_with(embedded), territory=territory)
    with ExitStack() as stack:
        client = stack.enter_context(
            Client(embedded.address, username="backend", password="secret")
        )
        client.publish("softplace/1/lozere/bus/b1/status", retain=True)
        assert (await orphans.orphans(subject)).state == "ok"
        client.publish("softplace/1/lozere/bus/gone/status", retain=True)
    found = await orphans.orphans(subject)
    assert found.state == "warning"
    assert "lozere/bus/gone/status" in found.sentence
    assert "mosquitto_pub -r -n -t softplace/1/lozere/bus/gone/status" in found.mend


async def test_without_a_territory_or_with_a_broken_one_orphans_are_not_guessed(embedded, tmp_path):
    subject = _subject(_with(embedded))
    assert (await orphans.orphans(subject)).state == "not_checked"
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    found = await orphans.orphans(_subject(_with(embedded), territory=broken))
    assert found.state == "failed"


# Where data end up.


async def test_influxdb_that_is_away_or_lacks_databases_is_said():
    away = Subject(influx=Influx(f"http://127.0.0.1:{free_port()}"))
    assert (await stores.influx(away)).state == "failed"
    every = {c.database for c in RETENTION_CLASSES}
    assert stores.judge_databases("InfluxDB", every).state == "ok"
    found = stores.judge_databases("InfluxDB", every - {RETENTION_CLASSES[0].database})
    assert found.state == "warning"
    assert RETENTION_CLASSES[0].database in found.sentence


async def test_a_real_influxdb_tells_its_version(tmp_path):
    with running_influxd(tmp_path) as server:
        found = await stores.influx(Subject(influx=Influx(server.url)))
    assert found.state == "warning"
    assert "InfluxDB 1." in found.sentence
    assert "softplace_2_months" in found.sentence


async def test_a_store_that_cannot_be_written_or_is_damaged_is_said(tmp_path):
    assert (await stores.embedded_store(Subject(embedded_store=tmp_path))).state == "ok"
    (tmp_path / "records.sqlite").write_bytes(b"this is no database, and long enough" * 40)
    found = await stores.embedded_store(Subject(embedded_store=tmp_path))
    assert found.state == "failed"
    assert "records.sqlite is damaged" in found.sentence
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    found = await stores.embedded_store(Subject(embedded_store=in_the_way / "data"))
    assert found.state == "failed"
    assert found.mend.startswith("sudo install -d")


async def test_the_depth_of_an_outbox_is_told_even_while_the_agent_holds_it(tmp_path):
    path = tmp_path / "outbox.sqlite"
    assert (await stores.outbox(Subject(outbox=path))).state == "not_checked"
    database = Database(path, connect_sqlite)
    prepare(database)
    database.run("INSERT INTO identity VALUES (0, '0123456789abcdef', 's', 1, NULL)")
    held = await stores.outbox(Subject(outbox=path))
    assert held.state == "ok"
    assert "held by the running agent" in held.sentence
    database.close()
    assert "holds 0 messages" in (await stores.outbox(Subject(outbox=path))).sentence
    with sqlite3.connect(path) as raw:
        raw.executemany(
            "INSERT INTO message VALUES (?, 1, 0, 0, 0, NULL, 0, x'00')",
            [((5 << 48) | number,) for number in range(1, 4_001)],
        )
    found = await stores.outbox(Subject(outbox=path))
    assert found.state == "warning"
    assert "4000 messages" in found.sentence

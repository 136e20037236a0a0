"""A day of a bus, end to end: the real program on emulated wires and a receiver, broker, ingest.

Key on, a plan, passengers, an SOS seen by somebody, key off, the computer switched off; then a
lone worker whose vehicle falls silent.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine

from backend.devices.alarms import open_alarms
from backend.devices.sealing import Addressee, Signer, seal
from backend.live.model import UnitState
from backend.live.state import LiveState
from backend.records.open import open_records
from backend.records.transaction import reading
from backend.telemetry.fake import FakeTelemetry
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.codec import encode
from contract.downlink import Command, Plan, PlannedStop
from contract.pseudonym import month_of
from contract.rights import CardKey, Right, Snapshot, card_tag, encode_rights
from contract.topics import downlink_topic, rights_topic, uplink_topic
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.nmea_fake import FakeReceiver
from simulator.devices.pn532 import Pn532
from tests.copass.issued import Issued, issued
from tests.drivers.listening import fix_at
from tests.ingest.harness import BUS, TERRITORY
from tests.ingest.serving import serving, settings, until
from tests.link.scripted_backend import retained_on
from tests.peers.mosquitto import running_mosquitto
from tests.peers.ports import free_port
from tests.truck_agent.test_agent_command import REPOSITORY, resident_kb
from tests.truck_agent.vehicle import CONTACT, INNER, INPUTS, KEY, OUTER, SOS

MOST_RESIDENT_KB = 48_000
"""With everything aboard; the library of cryptography alone maps 6 MB of them."""
SIGNER = Signer("lozere-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
BOX = X25519PrivateKey.from_private_bytes(bytes(range(32)))
GARE = (44.5180, 3.5010)


def written(folder: Path, chip: FakeChip, receiver: FakeReceiver, broker: BrokerAddress) -> Path:
    identity = folder / "identity"
    identity.mkdir()
    (identity / "box.key").write_bytes(BOX.private_bytes_raw())
    (identity / "signers.json").write_text(json.dumps({SIGNER.key_id: SIGNER.public_bytes.hex()}))
    for name in ("tls.key", "tls.crt", "ca.pem"):
        (identity / name).touch()
    inputs = "".join(f"[lines.inputs.{name}]\noffset = {n}\n" for name, n in INPUTS.items())
    path = folder / "agent.toml"
    path.write_text(f"""
territory = "{TERRITORY}"
unit = "{BUS}"
interval_s = 0
[broker]
url = "mqtt://{broker.host}:{broker.port}"
[position]
port = "{receiver.port}"
[outbox]
path = "outbox.db"
[link]
batch_s = 0.05
[identity]
directory = "identity"
[lines]
chip = "{chip.name}"
{inputs}
[ignition]
off_after_s = 0.4
crank_s = 0.4
hold_s = 1
settle_s = 5
switch_off = ["touch", "{folder / "switched-off"}"]
[sos]
line = "sos"
hold_s = 0.3
[lone_worker]
interval_s = 2
cab_s = 1
margin_s = 1
[[doors]]
name = "front"
outer = "outer"
inner = "inner"
contact = "contact"
[passengers]
seats = 22
[reader]
port = "{folder / "reader"}"
[cab]
port = {free_port()}
""")
    return path


class Day:
    """Everything around the bus."""

    def __init__(self, folder: Path, chip: FakeChip, receiver: FakeReceiver, reader: Pn532) -> None:
        self.folder = folder
        self.reader = reader
        self.chip = chip
        self.receiver = receiver
        self.telemetry = FakeTelemetry()
        self.records: Engine = open_records(f"sqlite:///{folder / 'records.sqlite'}")
        self.broker: BrokerAddress
        self.config: Path
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "softplace", "agent", "bus", "--config", str(self.config)],
            cwd=REPOSITORY,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    async def end(self, number: int) -> str:
        self.process.send_signal(number)
        _, said = await asyncio.to_thread(self.process.communicate)
        return said

    def close(self) -> None:
        if self._process is not None and self._process.stderr is not None:
            self._process.kill()
            if not self._process.stderr.closed:
                sys.stderr.write(self._process.communicate()[1])
        self.records.dispose()

    async def drives(self, latitude: float, speed_m_s: float) -> None:
        fix = fix_at(
            0,
            observed_ms=SystemClock().now_ms() // 1_000 * 1_000,
            latitude=latitude,
            longitude=GARE[1],
            speed_m_s=speed_m_s,
        )
        await self.receiver.emit(fix)

    async def drives_until(self, condition: Any, latitude: float, speed_m_s: float) -> None:
        async with asyncio.timeout(30):
            while not condition():
                assert self.process.poll() is None, self.process.stderr.read()
                await self.drives(latitude, speed_m_s)
                await SystemClock().sleep(0.3)

    def stored(self, stream: str) -> list[dict[str, Any]]:
        found = [
            (key[5], point) for key, point in self.telemetry.points.items() if key[1] == stream
        ]
        return [point for _, point in sorted(found, key=lambda pair: pair[0])]

    def state(self) -> UnitState:
        return LiveState.load(self.records).state(BUS)

    def alarms(self) -> list[tuple[str, str]]:
        with reading(self.records) as connection:
            return [(alarm.alarm, alarm.subject) for alarm in open_alarms(connection)]

    def cab(self, path: str, method: str = "GET", **headers: str) -> bytes:
        port = int(re.search(r"\[cab\]\nport = (\d+)", self.config.read_text())[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            answered = connection.getresponse()
            assert answered.status in {200, 204}
            return answered.read()
        finally:
            connection.close()

    def press(self, path: str) -> None:
        token = re.search(rb'cab-token" content="([^"]+)"', self.cab("/"))[1].decode()
        self.cab(path, "POST", **{"X-Cab-Token": token})

    def seen_in_cab(self) -> dict[str, Any]:
        try:
            return json.loads(self.cab("/state.json"))
        except ConnectionError:
            return {}

    def tell(self, name: str, body: bytes, version: int, topic: str | None = None) -> None:
        """Publish something sealed and signed to the bus, as the backend does."""
        to = Addressee(TERRITORY, BUS, BOX.public_key().public_bytes_raw())
        frame = encode(seal(SIGNER, to, name, body, term=1, version=version))
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        topic = topic or downlink_topic(TERRITORY, BUS, name)
        client.publish(topic, frame, qos=1, retain=name != "command").wait_for_publish(10)
        client.disconnect()
        client.loop_stop()

    def acknowledge(self, reference: str) -> None:
        command = Command(
            nonce=secrets.token_hex(16),
            expires_ms=SystemClock().now_ms() + 60_000,
            command="alarm_ack",
            arguments={"reference": reference},
        )
        self.tell("command", encode(command), version=0)


@contextmanager
def wires(folder: Path) -> Iterator[tuple[FakeChip, FakeReceiver, Pn532]]:
    with (
        FakeChip(folder / "chip") as chip,
        FakeReceiver() as receiver,
        Pn532(link=folder / "reader") as reader,
    ):
        yield chip, receiver, reader


@asynccontextmanager
async def a_day(folder: Path) -> AsyncIterator[Day]:
    with wires(folder) as (chip, receiver, reader), running_mosquitto(folder) as broker:
        day = Day(folder, chip, receiver, reader)
        day.broker = broker.address
        day.config = written(folder, chip, receiver, broker.address)
        try:
            ingest = settings(broker.address, gap_check_s=0.2)
            async with serving(ingest, day.telemetry, day.records):
                yield day
        finally:
            day.close()


async def passes(chip: FakeChip, *, inwards: bool) -> None:
    first, second = (OUTER, INNER) if inwards else (INNER, OUTER)
    for line, level in ((first, 1), (second, 1), (first, 0), (second, 0)):
        chip.drive(line, level)
        await SystemClock().sleep(0.02)


def plan() -> Plan:
    now_ms = SystemClock().now_ms()
    stop = PlannedStop(
        stop_id="mende-gare",
        arrival_ms=now_ms,
        departure_ms=now_ms + 600_000,
        boarding=("h3",),
        latitude=GARE[0],
        longitude=GARE[1],
    )
    return Plan(stops=(stop,))


def rights_of(rider: Issued) -> bytes:
    """What the bus may know of who rides today: a card, and the handle of its ride."""
    now_ms = SystemClock().now_ms()
    lookup_key = secrets.token_bytes(16)
    tag = card_tag(lookup_key, rider.card.memory.uid)
    right = Right(7, tag, "booking", ("h3",), now_ms - 600_000, now_ms + 3_600_000)
    snapshot = Snapshot(
        version=1,
        issued_ms=now_ms,
        timezone="Europe/Paris",
        lookup_key=lookup_key,
        pseudonym_keys={month_of(now_ms): secrets.token_bytes(16)},
        cards=(CardKey(tag, rider.keys.keys[1], 1, rider.scheme),),
        rights=(right,),
    )
    return encode_rights(snapshot)


async def taps(day: Day) -> None:
    """A rider of the plan holds their card to the reader."""
    rider = await issued(uid=b"\x04" + secrets.token_bytes(6))
    day.tell("rights", rights_of(rider), version=1, topic=rights_topic(TERRITORY, BUS, 0))
    await until(lambda: "accepted" in [ack["answer"] for ack in day.stored("ack")])
    day.reader.card_in(rider.card)
    await until(lambda: day.stored("tap"))
    [said] = day.stored("tap")
    assert (said["decision"], said["place"], said["right_id"]) == ("granted", "bus-door", 7)
    assert (said["stop_id"], said["direction"]) == ("mende-gare", "in")
    assert day.seen_in_cab()["tap"]["decision"] == "granted"


async def boards(day: Day) -> None:
    """Two get on at the station, one with a card, one off again; and the bus drives away."""
    day.tell("plan", encode(plan()), version=1)
    await day.drives_until(lambda: (day.seen_in_cab()["plan"] or {}).get("stops"), GARE[0], 0.0)
    await day.drives_until(lambda: day.seen_in_cab()["plan"]["stops"][0]["here"], GARE[0], 0.0)
    await taps(day)
    day.chip.drive(CONTACT, 1)
    for inwards in (True, True, False):
        await passes(day.chip, inwards=inwards)
    await until(lambda: day.seen_in_cab()["counts"]["left"] == 1)
    day.chip.drive(CONTACT, 0)
    await day.drives_until(lambda: day.stored("occupancy"), GARE[0] + 0.01, 12.0)
    [said] = day.stored("occupancy")
    assert (said["stop_id"], said["entered"], said["left"]) == ("mende-gare", 2, 1)
    assert said["taps"] == 1


async def calls_for_help(day: Day) -> None:
    """The button, the supervisor's page, the word back to the cab."""
    day.chip.drive(SOS, 1)
    await until(lambda: day.seen_in_cab()["sos"]["state"] == "received")
    day.chip.drive(SOS, 0)
    [(kind, reference)] = day.alarms()
    assert kind == "sos"
    first = day.stored("alarm")[0]
    assert (first["state"], round(first["latitude"], 2)) == ("raised", round(GARE[0] + 0.01, 2))
    day.acknowledge(reference)
    await until(lambda: day.seen_in_cab()["sos"]["state"] == "acknowledged")
    await until(lambda: day.alarms() == [])
    await until(lambda: [ack["answer"] for ack in day.stored("ack")][-1:] == ["done"])


async def test_from_key_on_to_key_off(tmp_path: Path):
    async with a_day(tmp_path) as day:
        topic = uplink_topic(TERRITORY, BUS, "position")
        day.start()
        await until(lambda: day.chip.is_held(KEY))
        await day.drives_until(lambda: day.state().presence == "asleep", GARE[0], 0.0)
        assert day.stored("position") == [], "nobody is on duty"
        day.chip.drive(KEY, 1)
        await day.drives_until(lambda: day.state().position, GARE[0], 0.0)
        assert day.state().presence == "online"
        assert await asyncio.to_thread(retained_on, day.broker, topic)
        await boards(day)
        assert resident_kb(day.process) < MOST_RESIDENT_KB
        await calls_for_help(day)
        day.chip.drive(KEY, 0)
        await until(lambda: day.state().presence == "asleep")
        said = len(day.stored("position"))
        await until((tmp_path / "switched-off").exists)
        await day.drives(GARE[0], 0.0)
        log = await day.end(signal.SIGTERM)
        assert (day.process.returncode, "Traceback" in log) == (0, False), log
        assert len(day.stored("position")) == said
        assert await asyncio.to_thread(retained_on, day.broker, topic) is None
        state = day.state()
        assert (state.presence, state.position) == ("asleep", None), "asleep, and not lost"
        assert day.alarms() == [], "silence that was announced is no alarm"


@pytest.mark.long
async def test_a_lone_worker_whose_vehicle_dies_is_missed_by_the_backend(tmp_path: Path):
    async with a_day(tmp_path) as day:
        day.chip.drive(KEY, 1)
        day.start()
        await until(lambda: day.seen_in_cab().get("link", {}).get("connected"))
        day.press("/lone-worker/start")
        await until(lambda: day.stored("alarm"))
        await day.end(signal.SIGKILL)
        first = day.stored("alarm")[0]
        assert (first["state"], first["silent_after_s"] > 3) == ("cleared", True)
        assert day.alarms() == [], "so far the silence is in order"
        await until(day.alarms)
        assert day.alarms() == [("lone_worker_silent", first["reference"])]
        day.start()
        await until(lambda: (day.seen_in_cab().get("lone_worker") or {}).get("step"))
        day.press("/lone-worker/alive")
        await until(lambda: day.alarms() == [])
        day.press("/lone-worker/end")
        await until(lambda: "silent_after_s" not in day.stored("alarm")[-1])

"""A bus and all around it: wires, receiver, reader, broker, ingest; what its day is made of."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
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
from contract.downlink import Command
from contract.topics import downlink_topic
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.nmea_fake import FakeReceiver
from simulator.devices.pn532 import Pn532
from tests.drivers.listening import fix_at
from tests.ingest.harness import BUS, TERRITORY
from tests.ingest.serving import serving, settings
from tests.peers.mosquitto import running_mosquitto
from tests.peers.ports import free_port
from tests.truck_agent.test_agent_command import REPOSITORY
from tests.truck_agent.vehicle import INPUTS

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

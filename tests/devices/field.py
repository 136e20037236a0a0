"""A whole small territory: deploy/mosquitto with our authority, backend, agents as processes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho

from backend.broker.probe import connect_bytes
from backend.devices.service import DeviceService
from backend.devices.sweeping import BrokerDoor
from backend.ingest.service import IngestSettings
from backend.records.open import open_records
from backend.telemetry.fake import FakeTelemetry
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from edge.agent.identity import DeviceIdentity, load_identity
from softplace.__main__ import main
from tests.broker.harness import Client
from tests.devices.enrolling import Server
from tests.ingest.serving import serving as serving_ingest
from tests.peers.mosquitto import require_mosquitto
from tests.peers.ports import free_port
from tests.peers.server_process import ServerProcess

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / "deploy" / "mosquitto"
DEADLINE_S = 30.0
Agent = subprocess.Popen[bytes]


@dataclass
class Field:
    """Everything lies under `root`; commands are given as people give them."""

    root: Path
    plain_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    agents: list[Agent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.config = self.root / "softplace.toml"
        self.certs = self.root / "mosquitto" / "certs"
        (self.root / "data").mkdir(parents=True)
        (self.root / "password").write_text("secret\n")
        self.config.write_text(
            'territory = "lozere"\n'
            f'data = "{self.root}/data"\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.plain_port}"\n'
            f'username = "backend"\npassword_file = "{self.root}/password"\n'
            f'[devices]\nbroker_url = "mqtts://localhost:{self.tls_port}"\n'
        )
        self.backend = BrokerAddress(
            "127.0.0.1", self.plain_port, username="backend", password="secret"
        )
        records = open_records(f"sqlite:///{self.root}/data/records.sqlite")
        url = f"mqtts://localhost:{self.tls_port}"
        self.server = Server(self.root / "data", records, SystemClock(), broker_url=url)

    async def command(self, *words: str) -> tuple[int, str, str]:
        """`softplace device ...`: exit code, what it printed, what it complained of."""
        out, err = io.StringIO(), io.StringIO()

        def run() -> int:
            own = [] if words[0] == "enrol" else ["--config", str(self.config)]
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                return main(["device", *words, *own])

        code = await asyncio.to_thread(run)
        return code, out.getvalue(), err.getvalue()

    @contextlib.asynccontextmanager
    async def broker_alone(self) -> AsyncIterator[None]:
        """The broker with certificates of ours, until the block ends; then every process ends."""
        code, _, complaint = await self.command(
            "broker-certificate", "--host", "localhost", "--out", str(self.certs)
        )
        assert code == 0, complaint
        self.mosquitto = self._install()
        await asyncio.to_thread(self.mosquitto.start)
        try:
            yield
        finally:
            for process in self.agents:
                process.kill()
                process.wait()
            self.mosquitto.stop()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Broker, ingest, dispatch and enrolment, until the block ends."""
        ingest = IngestSettings(
            broker=self.backend, territory="lozere", client_id="ingest", confirm_after_s=0.1
        )
        devices = DeviceService(
            self.server.records,
            self.server.data,
            "lozere",
            BrokerDoor(self.backend),
            SystemClock(),
            SystemClock(),
            random.Random(3),  # noqa: S311 - jitter
            housekeeping_s=0.5,
        )
        async with (
            self.broker_alone(),
            self.server.serving(),
            serving_ingest(ingest, FakeTelemetry(), self.server.records),
        ):
            dispatch = asyncio.create_task(devices.run())
            try:
                yield
            finally:
                dispatch.cancel()
                await asyncio.wait([dispatch])

    async def enrol(self, unit: str, machine: str) -> Path:
        """Invite and enrol with the commands; the settings directory of that machine."""
        _, printed, _ = await self.command("invite", unit)
        place = self.root / machine
        code, _, complaint = await self.command(
            *("enrol", "--server", self.server.url, "--code", printed.split()[0]),
            *("--state", str(place), "--settings", str(place)),
        )
        assert code == 0, complaint
        return place

    def start_agent(self, place: Path, program: str = "tests.devices.helped_agent") -> Agent:
        """The agent of a bus as a process; "softplace" is the real one, without a trusted clock."""
        words = ["softplace", "agent", "bus", "--config"] if program == "softplace" else [program]
        with (place / "agent.log").open("ab") as log:
            agent = subprocess.Popen(
                [sys.executable, "-m", *words, str(place / "agent-bus.toml")],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self.agents.append(agent)
        return agent

    def start_service(self, name: str) -> None:
        """`softplace serve` as the units of deploy/systemd start it."""
        command = [sys.executable, "-m", "softplace", "serve", name, "--config", str(self.config)]
        with (self.root / f"{name}.log").open("ab") as log:
            self.agents.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))

    @staticmethod
    def answers(port: int) -> bool:
        """Whether somebody listens there."""
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    def reload_revocations(self) -> None:
        """What deploy/systemd/softplace-crl.service does."""
        shutil.copy(self.server.data / "keys" / "devices.crl", self.certs / "softplace-ca.crl")
        os.kill(self.mosquitto.pid, signal.SIGHUP)

    def listener(self, topic_filter: str) -> Client:
        """The backend's account, listening; `messages` has what is retained and what comes."""
        client = Client(self.backend, username="backend", password="secret")
        assert client.connect() == 0
        client.subscribe(topic_filter)
        return client

    def device(self, identity: DeviceIdentity, **options: Any) -> Client:
        """A client that is not ours, with a device's own files."""

        def prepare(client: paho.Client) -> None:
            client.tls_set(identity.ca_file, identity.cert_file, identity.key_file)

        address = BrokerAddress("localhost", self.tls_port, tls=True)
        return Client(address, prepare=prepare, **options)

    def lets_in(self, identity: DeviceIdentity) -> bool:
        """Whether the broker accepts a CONNECT with these files."""
        context = ssl.create_default_context(cafile=str(identity.ca_file))
        context.load_cert_chain(identity.cert_file, identity.key_file)
        address = BrokerAddress("localhost", self.tls_port, tls=True)
        try:
            with (
                socket.create_connection((address.host, address.port), 10) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as secured,
            ):
                secured.sendall(connect_bytes(address, "knocking"))
                return secured.recv(4)[:1] == b"\x20"
        except OSError:
            return False

    def _install(self) -> ServerProcess:
        binary = require_mosquitto()
        home = self.root / "mosquitto"
        (home / "data").mkdir()
        shutil.copy(DEPLOYED / "softplace.acl", home)
        create = ["mosquitto_passwd", "-b", "-c", f"{home}/softplace.passwords"]
        subprocess.run([*create, "backend", "secret"], check=True, capture_output=True)
        text = (DEPLOYED / "softplace.conf").read_text()
        text = text.replace("/etc/mosquitto/", f"{home}/")
        text = text.replace("listener 1883 ", f"listener {self.plain_port} ")
        text = text.replace("listener 8883", f"listener {self.tls_port} 127.0.0.1")
        (home / "mosquitto.conf").write_text(
            f"user root\npersistence_location {home}/data/\nlog_dest stderr\n{text}"
        )
        command = [binary, "-c", f"{home}/mosquitto.conf"]
        return ServerProcess(lambda: command, home / "log", self._answers)

    def _answers(self) -> bool:
        return self.answers(self.plain_port) and self.answers(self.tls_port)


def retained_of(client: Client) -> dict[str, bytes]:
    """What a new listener is told at once; a marker of its own says that this was all."""
    done = f"softplace/marker/{threading.get_ident()}"
    client.subscribe(done)
    client.publish(done)
    found: dict[str, bytes] = {}
    while True:
        message = client.messages.get(timeout=DEADLINE_S)
        if message.topic == done:
            return found
        if message.retain and message.payload:
            found[message.topic] = bytes(message.payload)


def identity_of(place: Path) -> DeviceIdentity:
    return load_identity(place / "bus" / "identity")

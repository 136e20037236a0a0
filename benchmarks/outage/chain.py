"""The whole chain on this machine, each program in its own process, each wire in our hand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Self

from benchmarks.failure import BenchFailed
from benchmarks.outage import engines
from benchmarks.outage.children import Child, until
from benchmarks.outage.confirmations import Confirmations
from benchmarks.outage.door import Door
from benchmarks.outage.influxql import Store
from benchmarks.outage.outbox_file import highest_numbers
from benchmarks.outage.receivers import Receiver
from benchmarks.outage.relay import Relay, Shape
from benchmarks.server_files import free_port

TERRITORY = "outage"
BATCH_MS = 1_000

_AGENT_TOML = """\
territory = "{territory}"
unit = "{unit}"
interval_s = 0

[broker]
url = "mqtt://127.0.0.1:{port}"

[position]
source = "nmea"
port = "{gps}"
baud = 115200

[outbox]
path = "{outbox}"
max_mb = {max_mb}

[link]
machine_serial = "{serial}"
batch_s = {batch_s}
"""

_INGEST_TOML = """\
territory = "{territory}"
data = "{data}"

[broker]
url = "mqtt://127.0.0.1:{broker_port}"

[telemetry]
url = "http://127.0.0.1:{influxd_port}"
"""


class Vehicle:
    """One unit: its receiver, its link, its agent and its files."""

    def __init__(
        self, directory: Path, number: int, broker_port: int, shape: Shape | None, period_ms: int
    ) -> None:
        self.unit = f"bus/k{number}"
        self.name = self.unit
        """Who it is to the tally, whatever unit its agent believes to be."""
        self.is_twin = False
        """Another machine speaks as the same unit."""
        self.serial = f"machine-{number}"
        self.directory = directory / f"k{number}"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.outbox = self.directory / "outbox" / "outbox.sqlite"
        self.outbox.parent.mkdir(exist_ok=True)
        self.receiver = Receiver(self.directory, number, period_ms)
        self.relay = Relay(broker_port, shape)
        self.max_mb = 512.0
        self.config = self.directory / "agent.toml"
        self.agent = engines.softplace(
            self.name, ["agent", "bus", "--config", str(self.config)], self.directory / "agent.log"
        )

    def configure(self) -> None:
        """Write the agent's configuration; the relay must listen by now."""
        self.config.write_text(
            _AGENT_TOML.format(
                territory=TERRITORY,
                unit=self.unit,
                port=self.relay.port,
                gps=self.receiver.path,
                outbox=self.outbox,
                max_mb=self.max_mb,
                serial=self.serial,
                batch_s=BATCH_MS / 1_000,
            ),
            encoding="utf-8",
        )

    @property
    def listens(self) -> bool:
        """Whether the agent holds the receiver's port open."""
        device = self.receiver.device
        try:
            return any(
                str(fd.readlink()) == device for fd in Path(f"/proc/{self.agent.pid}/fd").iterdir()
            )
        except OSError:
            return False


class Chain:
    """Receivers, agents, links, broker, ingest and store under one directory."""

    def __init__(
        self,
        data: Path,
        vehicles: int,
        *,
        shape: Shape | None = None,
        period_ms: int = 200,
        doors: int = 0,
    ) -> None:
        self.data = data.absolute()
        self.data.mkdir(parents=True, exist_ok=True)
        self.broker_port = free_port()
        self.store = Store(free_port())
        self.broker = engines.mosquitto(self.data / "mosquitto", self.broker_port)
        self.influxd = engines.influxd(self.data / "influxdb", self.store.port)
        self.backend = self.data / "backend"
        config = self.data / "softplace.toml"
        config.write_text(
            _INGEST_TOML.format(
                territory=TERRITORY,
                data=self.backend,
                broker_port=self.broker_port,
                influxd_port=self.store.port,
            ),
            encoding="utf-8",
        )
        self.ingest = engines.softplace(
            "ingest", ["serve", "ingest", "--config", str(config)], self.data / "ingest.log"
        )
        self.vehicles = [
            Vehicle(self.data, number, self.broker_port, shape, period_ms)
            for number in range(1, vehicles + 1)
        ]
        self.doors = [
            Door(self.data, number, self.broker_port, TERRITORY) for number in range(1, doors + 1)
        ]
        self.confirmations = Confirmations(self.broker_port, TERRITORY)
        self._receiving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Everything but the agents and the receivers' talk."""
        await self.broker.start()
        await self.influxd.start()
        if not await until(self.store.alive, 30):
            raise BenchFailed(f"influxd does not answer: {self.influxd.last_words()}")
        await self.ingest.start()
        for vehicle in self.vehicles:
            await vehicle.relay.start()
            vehicle.configure()
            vehicle.receiver.pause()
            self._receiving.append(asyncio.create_task(vehicle.receiver.run()))
        for door in self.doors:
            await door.relay.start()
            door.configure()
            self._receiving.append(asyncio.create_task(door.run()))
        self.confirmations.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End everything that was started."""
        for task in self._receiving:
            task.cancel()
        await asyncio.gather(*self._receiving, return_exceptions=True)
        for child in self.children():
            child.kill()
            await child.wait()
        for vehicle in self.vehicles:
            await vehicle.relay.stop()
            vehicle.receiver.close()
        for door in self.doors:
            await door.relay.stop()
            door.close()
        self.confirmations.stop()

    @property
    def units(self) -> list[Vehicle | Door]:
        """Everything that has an agent of its own."""
        return [*self.vehicles, *self.doors]

    def children(self) -> list[Child]:
        """Every program."""
        agents = [unit.agent for unit in self.units]
        return [*agents, self.ingest, self.broker, self.influxd]

    async def start_agents(self) -> None:
        """Start every agent that is not alive and wait until it listens."""
        for vehicle in self.vehicles:
            if not vehicle.agent.alive:
                await vehicle.agent.start()
        if not await until(lambda: all(vehicle.listens for vehicle in self.vehicles), 30):
            raise BenchFailed(f"not every agent opened its port; see {self.data}/*/agent.log")

    def talk(self) -> None:
        """Let the receivers speak and people tap."""
        for vehicle in self.vehicles:
            vehicle.receiver.resume()
        for door in self.doors:
            door.resume()

    def hush(self) -> None:
        """Let everybody fall silent."""
        for vehicle in self.vehicles:
            vehicle.receiver.pause()
        for door in self.doors:
            door.pause()

    def spooled(self) -> int:
        """Batches that wait in the ingest's spool, by a raw read of its file."""
        path = self.backend / "spool.sqlite"
        if not path.exists():
            return 0
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM batch").fetchone()
        return int(count)

    async def in_flight(self, units: Iterable[Vehicle | Door] | None = None) -> int:
        """Messages numbered and not yet confirmed."""
        chosen = list(self.units if units is None else units)
        return await asyncio.to_thread(self._in_flight, chosen)

    def _in_flight(self, units: list[Vehicle | Door]) -> int:
        return sum(self.confirmations.in_flight(highest_numbers(u.outbox)) for u in units)

    async def settled(self, timeout_s: float = 60.0, *, started_only: bool = False) -> bool:
        """Whether, with silent receivers, everything was confirmed within the time."""
        awaited = [child for child in self.children() if child.starts or not started_only]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while loop.time() < deadline:
            # The batch that was open when the receivers fell silent is written within this.
            await asyncio.sleep(BATCH_MS / 1_000 + 0.3)
            if not all(child.alive for child in awaited) or await self.in_flight():
                continue
            if self.spooled() == 0:
                return True
        return False

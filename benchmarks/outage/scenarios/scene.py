"""What every scenario does: set the chain up, let it speak, bring it to rest, judge it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed
from benchmarks.outage.chain import Chain, Vehicle
from benchmarks.outage.children import Child, until
from benchmarks.outage.inspection import inspect
from benchmarks.outage.relay import Shape
from benchmarks.outage.tally import Interruption, Listening, Tally

Say = Callable[[str], None]
Row = dict[str, object]

OLD_FIXES = 60
"""Fixes before and after the turn of a scenario: an hour, compressed."""


Play = Callable[[Path, Say], Coroutine[Any, Any, Row]]
"""A scenario: what it does with a directory of its own."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the bench."""

    name: str
    play: Play
    part: str = "scenarios"


class Stage:
    """A running chain and the excuses its agents have."""

    def __init__(self, chain: Chain, tally: Tally) -> None:
        self.chain = chain
        self.tally = tally

    async def start(self, vehicle: Vehicle, **env: str) -> None:
        """Start one agent and wait until it listens."""
        await vehicle.agent.start(**env)
        if not await until(lambda: vehicle.listens or not vehicle.agent.alive, 30):
            raise BenchFailed(f"{vehicle.unit} never opened its port; see {vehicle.agent.log}")
        if not vehicle.agent.alive:
            raise BenchFailed(f"{vehicle.unit} ended: {vehicle.agent.last_words()}")
        self.tally.add(Listening(now_ms(), vehicle.name))

    async def kill(self, vehicle: Vehicle) -> None:
        """Kill one agent; what it had not numbered is excused."""
        vehicle.agent.kill()
        await vehicle.agent.wait()
        self.tally.add(Interruption(now_ms(), vehicle.name))

    async def speak(self, fixes: int = OLD_FIXES) -> None:
        """Let every receiver with an agent send this many fixes more, then fall silent."""
        spoken = [v for v in self.chain.vehicles if v.agent.alive]
        goals = [(v.receiver, v.receiver.sent + fixes) for v in spoken]
        for vehicle in spoken:
            vehicle.receiver.resume()
        await until(lambda: all(receiver.sent >= goal for receiver, goal in goals), 600)
        self.chain.hush()

    async def settle(self, timeout_s: float = 90.0) -> None:
        """Wait until all is confirmed. Raises BenchFailed."""
        if not await self.chain.settled(timeout_s, started_only=True):
            dead = [
                child.name for child in self.chain.children() if child.starts and not child.alive
            ]
            left = await self.chain.in_flight()
            raise BenchFailed(f"not settled in {timeout_s} s: {left} unconfirmed, dead: {dead}")

    async def stop(self, child: Child) -> None:
        """Stop a program in good order."""
        child.terminate()
        if not await child.wait(20):
            raise BenchFailed(f"{child.name} does not stop: {child.last_words()}")

    def judged(self, **figures: object) -> Row:
        """The row: figures of this scenario, and the verdict on all that was journalled."""
        found = inspect(self.chain, self.tally)
        found.pop("kills")
        sound = bool(found.pop("sound"))
        return {
            **figures,
            **found,
            "passed": sound
            and all(bool(value) for key, value in figures.items() if key.startswith("is_")),
        }


@asynccontextmanager
async def stage(
    directory: Path,
    vehicles: int = 1,
    *,
    parked: int = 0,
    shape: Shape | None = None,
    period_ms: int = 50,
) -> AsyncIterator[Stage]:
    """A fresh chain with silent receivers and its agents running, but for the last `parked`."""
    chain = Chain(directory, vehicles, shape=shape, period_ms=period_ms)
    tally = Tally(directory / "kills.jsonl")
    async with chain:
        scene = Stage(chain, tally)
        for vehicle in chain.vehicles:
            tally.add(Interruption(now_ms(), vehicle.name))
        for vehicle in chain.vehicles[: vehicles - parked]:
            await scene.start(vehicle)
        yield scene


def alarms(chain: Chain) -> list[tuple[str, str]]:
    """Every alarm the backend ever raised about a device: (unit, alarm)."""
    path = chain.backend / "records.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [tuple(row) for row in connection.execute("SELECT unit, alarm FROM device_alarm")]


def copy_database(source: Path, target: Path) -> None:
    """A file of SQLite with its log, of a program that does not run."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        stale = target.with_name(target.name + suffix)
        stale.unlink(missing_ok=True)
        part = source.with_name(source.name + suffix)
        if part.exists():
            shutil.copyfile(part, stale)


def copy_tree(source: Path, target: Path) -> None:
    """A directory as it was, in place of whatever is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def outboxes(numbers: Sequence[tuple[str, str]]) -> int:
    """How many outboxes the stored numbers come from."""
    return len({outbox for outbox, _ in numbers})


def now_ms() -> int:
    """Wall clock."""
    return time.time_ns() // 1_000_000


async def pause(seconds: float) -> None:
    """Let the chain run."""
    await asyncio.sleep(seconds)

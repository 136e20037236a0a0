from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from contract.clock import Clock, SystemClock
from contract.topics import Unit
from edge.link.service import Link
from edge.link.settings import BackoffSettings, LinkSettings
from tests.link.scripted_backend import ScriptedBackend
from tests.peers.mosquitto import Mosquitto, running_mosquitto

UNIT = Unit("bus", "b1")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    with running_mosquitto(directory) as server:
        yield server


@pytest.fixture
def backend(broker: Mosquitto) -> Iterator[ScriptedBackend]:
    scripted = ScriptedBackend(broker.address)
    scripted.start()
    yield scripted
    scripted.stop()


@pytest.fixture
def settings(broker: Mosquitto, tmp_path: Path) -> LinkSettings:
    return LinkSettings(
        broker.address,
        tmp_path / "outbox.sqlite",
        backoff=BackoffSettings(0.05, 0.2),
        batch_s=0.05,
        heartbeat_s=0,
        machine_serial="serial-1",
        machine_boot="0000aaaa",
    )


MakeLink = Callable[..., Link]


@pytest.fixture
def make_link(settings: LinkSettings) -> Iterator[MakeLink]:
    """Links over one outbox file, closed at the end."""
    made: list[Link] = []

    def make(clock: Clock | None = None, *, anchored: bool = True, **changes: object) -> Link:
        changed = replace(settings, **changes)
        clock = clock or SystemClock()
        link = Link(changed, "lozere", UNIT, clock, Random(1), "1.0")  # noqa: S311 - jitter
        made.append(link)
        if anchored:
            link.anchor("ntp", clock.now_ms(), clock.boot_ms())
        return link

    yield make
    for link in made:
        link.close()


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[asyncio.Task[None]]:
    """`link.run()` for as long as the block lasts."""
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception():
            raise task.exception()

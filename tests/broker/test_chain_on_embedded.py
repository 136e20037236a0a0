"""The real link and the real ingest, each with its own account, over the embedded broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

import pytest

from backend.broker.embedded import EmbeddedBroker
from backend.broker.model import Account
from backend.ingest.service import Ingest, IngestSettings
from backend.live.feed import InProcessFeed
from backend.records.open import open_records
from backend.telemetry.open import TelemetrySettings, open_telemetry
from contract.clock import SystemClock
from contract.retention import ONE_YEAR, TWO_MONTHS
from contract.topics import Unit
from edge.link.reading import Reading
from edge.link.service import Link
from edge.link.settings import BackoffSettings, LinkSettings
from tests.peers.ports import free_port

UNIT = Unit("bus", "b1")
ACCOUNTS = (Account("backend", "secret"), Account("bus-b1", "own secret", UNIT, "lozere"))
CLOCK = SystemClock()


def _position(number: int) -> Reading:
    body = {"latitude": 44.0 + number / 10_000, "longitude": 3.5}
    return Reading("position", body, CLOCK.boot_ms(), CLOCK.now_ms(), "gnss")


@asynccontextmanager
async def _running(work) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_everything_is_stored_once_though_the_broker_forgets_everything(tmp_path: Path):
    port = free_port()
    broker = EmbeddedBroker(port=port, accounts=ACCOUNTS)
    await broker.start()
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    store = open_telemetry(
        TelemetrySettings(path=tmp_path / "telemetry.sqlite", spool_path=tmp_path / "spool"), CLOCK
    )
    backend = replace(broker.address, username="backend", password="secret")
    settings = IngestSettings(
        broker=backend, territory="lozere", client_id="ingest", confirm_after_s=0.05
    )
    ingest = Ingest(settings, store, records, InProcessFeed(), CLOCK, SystemRandom())
    device = replace(broker.address, username="bus-b1", password="own secret")
    link = Link(
        LinkSettings(
            device,
            tmp_path / "outbox.sqlite",
            backoff=BackoffSettings(0.05, 0.2),
            batch_s=0.05,
            machine_serial="serial",
        ),
        "lozere",
        UNIT,
        CLOCK,
        SystemRandom(),
        "1.0",
    )
    link.anchor("ntp", CLOCK.now_ms(), CLOCK.boot_ms())
    async with AsyncExitStack() as stack:
        stack.callback(records.dispose)
        stack.callback(store.close)
        stack.callback(link.close)
        await stack.enter_async_context(_running(ingest.run()))
        await stack.enter_async_context(_running(link.run()))
        async with asyncio.timeout(20):
            for number in range(100):
                link.put(_position(number))
            await link.settled()
            await broker.stop()
            for number in range(100, 200):
                link.put(_position(number))
            link.put(Reading("alarm", {"alarm": "sos"}, CLOCK.boot_ms()))
            broker = EmbeddedBroker(port=port, accounts=ACCOUNTS)
            await broker.start()
            await link.settled()
        assert store.count(TWO_MONTHS.database, "position", UNIT) == 200
        assert store.count(ONE_YEAR.database, "alarm", UNIT) == 1
        await broker.stop()


@pytest.mark.parametrize("loop", ["uvloop"])
def test_it_runs_in_the_loop_the_process_chooses(loop):
    uvloop = pytest.importorskip(loop)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_publish_and_hear())


async def _publish_and_hear() -> None:
    broker = EmbeddedBroker(port=0)
    await broker.start()
    port = str(broker.address.port)
    hear = await asyncio.create_subprocess_exec(
        *("mosquitto_sub", "-p", port, "-t", "a", "-C", "1", "-F", "%t %p %r"),
        stdout=asyncio.subprocess.PIPE,
    )
    publish = await asyncio.create_subprocess_exec(
        *("mosquitto_pub", "-p", port, "-t", "a", "-m", "x", "-q", "1", "-r")
    )
    async with asyncio.timeout(10):
        assert await publish.wait() == 0
        out, _ = await hear.communicate()
    assert out.decode().startswith("a x")
    await broker.stop()

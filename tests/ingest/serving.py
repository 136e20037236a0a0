"""A running ingest, and a unit that talks to it through a real broker with a client not ours."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import paho.mqtt.client as paho
from sqlalchemy import Engine

from backend.ingest.service import Ingest, IngestSettings
from backend.live.feed import InProcessFeed
from backend.telemetry.model import TelemetryStore
from contract import codec
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.downlink import Stored
from contract.topics import Unit, downlink_topic
from tests.ingest.harness import BUS, TERRITORY

DEADLINE_S = 20


def settings(broker: BrokerAddress, **fields: Any) -> IngestSettings:
    return IngestSettings(
        **{"client_id": "ingest", "confirm_after_s": 0.1, "linger_s": 0.01} | fields,
        broker=broker,
        territory=TERRITORY,
    )


@asynccontextmanager
async def serving(
    settings: IngestSettings,
    telemetry: TelemetryStore,
    records: Engine,
    feed: InProcessFeed | None = None,
) -> AsyncIterator[Ingest]:
    """The ingest, subscribed; cancelled at the end as by SIGTERM."""
    ingest = Ingest(
        settings,
        telemetry,
        records,
        feed or InProcessFeed(),
        SystemClock(),
        random.Random(11),  # noqa: S311 - jitter and epochs of a test
    )
    task = asyncio.create_task(ingest.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            ready = asyncio.create_task(ingest.ready.wait())
            await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if task.done():
                task.result()
        yield ingest
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object]) -> None:
    """Look every few milliseconds, for things that tell nobody."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await SystemClock().sleep(0.01)


class Device:
    """A unit; what it is told is kept, newest last."""

    def __init__(self, broker: BrokerAddress, unit: Unit) -> None:
        self.told: list[Stored] = []
        self._subscribed = threading.Event()
        self._topic = downlink_topic(TERRITORY, unit, "#")
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _, __, m: self.told.append(codec.decode_stored(m.payload))
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._subscribed.wait(DEADLINE_S)

    async def send(self, *messages: tuple[bytes, bytes, bytes], qos: int = 1) -> None:
        """Publish; returns when the broker has them."""
        sent = [self._client.publish(t.decode(), payload, qos=qos) for t, payload, _ in messages]
        await until(lambda: all(one.is_published() for one in sent))

    async def told_of(self, stream: str, contiguous: int) -> Stored:
        """The first confirmation of so much."""

        def found() -> list[Stored]:
            return [
                s
                for s in self.told
                if stream in s.streams and s.streams[stream].contiguous >= contiguous
            ]

        await until(found)
        return found()[0]

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def device(broker: BrokerAddress, unit: Unit = BUS) -> AsyncIterator[Device]:
    talker = await asyncio.to_thread(Device, broker, unit)
    try:
        yield talker
    finally:
        await asyncio.to_thread(talker.close)

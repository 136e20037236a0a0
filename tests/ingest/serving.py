"""A running ingest, and a unit that talks to it through a real broker with a client not ours."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomqtt
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

    def __init__(self, client: aiomqtt.Client, unit: Unit) -> None:
        self._client = client
        self._unit = unit
        self.told: list[Stored] = []

    async def send(self, *messages: tuple[bytes, bytes, bytes], qos: int = 1) -> None:
        for topic, payload, _ in messages:
            await self._client.publish(topic.decode(), payload, qos=qos)

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

    async def listen(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            self.told.append(codec.decode_stored(message.payload))


@asynccontextmanager
async def device(broker: BrokerAddress, unit: Unit = BUS) -> AsyncIterator[Device]:
    async with aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe(downlink_topic(TERRITORY, unit, "#"), qos=1)
        talker = Device(client, unit)
        listening = asyncio.create_task(talker.listen())
        try:
            yield talker
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await listening

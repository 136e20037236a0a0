"""A backend for the occasion: broker, ingest, records and time-series store of one replay."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from sqlalchemy import Engine

from backend.broker.choose import choose_broker
from backend.broker.model import Account
from backend.ingest.entry import Entry
from backend.ingest.ledger import read_outbox
from backend.ingest.service import Ingest, IngestSettings
from backend.live.feed import InProcessFeed
from backend.mqtt.packets import connect_packet
from backend.records.open import open_records
from backend.telemetry.model import TelemetryReader
from backend.telemetry.open import TelemetrySettings, open_telemetry, open_telemetry_reader
from contract.broker_url import BrokerAddress
from contract.clock import Clock
from contract.retention import REPLAY
from contract.topics import Unit

TERRITORY = "replay"
USERNAME = "replay"
CONFIRM_AFTER_S = 0.1
GOODBYE_S = 5.0
DISCONNECT = b"\xe0\x00"


@dataclass(frozen=True, slots=True)
class Chain:
    """A running backend, and what may be asked of it."""

    broker: BrokerAddress
    ingest: Ingest
    reader: TelemetryReader
    records: Engine

    async def stored(self, unit: Unit) -> int:
        """Positions of `unit` in the store, counted there. Raises TelemetryUnavailable."""
        return await asyncio.to_thread(self.reader.count, REPLAY.database, "position", unit)

    async def entry(self, unit: Unit, outbox: str) -> Entry:
        """The ledger's line of the positions of `unit`."""

        def read() -> Entry:
            with self.records.connect() as connection:
                return read_outbox(connection, str(unit), outbox).get("position", Entry())

        return await asyncio.to_thread(read)


@asynccontextmanager
async def running_chain(
    directory: Path,
    broker: BrokerAddress | None,
    influx: str | None,
    clock: Clock,
    chance: random.Random,
) -> AsyncIterator[Chain]:
    """Start everything and stop it again; errors of the parts come out as they are."""
    settings = _telemetry(directory, influx)
    records = open_records(f"sqlite:///{directory / 'records.db'}")
    reader = open_telemetry_reader(settings)
    password = f"{chance.getrandbits(128):032x}"
    running = choose_broker(
        directory / "broker", given=broker, port=0, accounts=[Account(USERNAME, password)]
    )
    (directory / "broker").mkdir()
    await running.start()
    address = broker or replace(running.address, username=USERNAME, password=password)
    client_id = f"softplace-replay-{chance.getrandbits(32):08x}"
    store = open_telemetry(settings, clock)
    ingest = Ingest(
        IngestSettings(
            broker=address,
            territory=TERRITORY,
            client_id=client_id,
            retention_override=REPLAY,
            confirm_after_s=CONFIRM_AFTER_S,
        ),
        store,
        records,
        InProcessFeed(),
        clock,
        chance,
    )
    task = asyncio.create_task(ingest.run(), name="ingest")
    try:
        await _ready(ingest, task)
        yield Chain(address, ingest, reader, records)
        _raise_if_over(task)
    finally:
        await _stop(task)
        if broker is not None:
            await _forget_session(broker, client_id)
        await running.stop()
        store.close()
        reader.close()
        records.dispose()


async def _ready(ingest: Ingest, task: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(ingest.ready.wait())
    await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    _raise_if_over(task)


def _raise_if_over(task: asyncio.Task[None]) -> None:
    if task.done():
        task.result()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task


async def _forget_session(broker: BrokerAddress, client_id: str) -> None:
    """Somebody else's broker need not keep messages for an ingest that never comes back."""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(GOODBYE_S):
            context = ssl.create_default_context() if broker.tls else None
            reader, writer = await asyncio.open_connection(broker.host, broker.port, ssl=context)
            login = broker.username, broker.password
            writer.write(connect_packet(client_id, *login, keepalive_s=30, clean=True))
            await reader.readexactly(4)
            writer.write(DISCONNECT)
            writer.close()
            await writer.wait_closed()


def _telemetry(directory: Path, influx: str | None) -> TelemetrySettings:
    """The store's settings; a user name and password in the URL are taken out of it."""
    username = password = url = None
    if influx is not None:
        parts = urlsplit(influx)
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return TelemetrySettings(
        path=directory / "telemetry.db",
        spool_path=directory / "spool",
        url=url,
        username=username,
        password=password,
    )

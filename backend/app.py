"""Wiring of the backend: the only file that chooses real parts.

One process runs every service by default and hands messages on in memory; each service can run
alone, and then the hand-over goes through the broker.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Engine

from backend.devices.sealing import Addressee
from backend.live.feed import AcceptedFeed, InProcessFeed, MqttFeed
from backend.records.open import open_records
from backend.settings import InvalidSettings, Settings, read_secret
from backend.telemetry.open import TelemetrySettings, open_telemetry
from contract.clock import Clock, SystemClock
from contract.retention import REPLAY
from contract.territory_file import Territory, load_territory
from contract.topics import Unit

ALL_SERVICES = ("ingest", "dispatch", "web")

_log = logging.getLogger("softplace.backend")

Service = Coroutine[Any, Any, None]


class Backend:
    """The services of one process, from start to cancellation.

    `ready` is set when the ingest is subscribed and the pages answer.

    Args:
        settings: what the operator wrote.
        clock: the territory's time, real or simulated.
        random: jitter and fresh identities.
        services: any of `ALL_SERVICES`.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        random: Random,
        services: tuple[str, ...] = ALL_SERVICES,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._real = SystemClock()
        self._random = random
        self._services = services
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled. Raises what its parts raise at start, one sentence each."""
        self._settings.data_directory.mkdir(parents=True, exist_ok=True)
        records = open_records(self._settings.records_url)
        feed = self._feed()
        start: dict[str, Callable[[Engine, AcceptedFeed, asyncio.Event], Service]] = {
            "ingest": self._ingest,
            "dispatch": self._dispatch,
            "web": self._web,
        }
        waits = []
        try:
            async with asyncio.TaskGroup() as group:
                if isinstance(feed, MqttFeed):
                    group.create_task(feed.run(), name="feed")
                for name in self._services:
                    ready = asyncio.Event()
                    waits.append(ready)
                    group.create_task(start[name](records, feed, ready), name=name)
                for ready in waits:
                    await ready.wait()
                _log.info("ready services=%s", ",".join(self._services))
                self.ready.set()
        finally:
            records.dispose()

    def _feed(self) -> AcceptedFeed:
        if len(self._services) > 1:
            return InProcessFeed()
        name = self._services[0]
        return MqttFeed(
            self._settings.broker_address,
            self._settings.territory,
            f"softplace-{self._settings.territory}-{name}-feed",
            self._real,
            self._random,
            listen=name != "ingest",
            tls=_tls(self._settings),
        )

    async def _ingest(self, records: Engine, feed: AcceptedFeed, ready: asyncio.Event) -> None:
        from backend.ingest.service import Ingest, IngestSettings  # noqa: PLC0415 - web alone

        settings = self._settings
        telemetry = open_telemetry(telemetry_settings(settings), self._real)
        ingest = Ingest(
            IngestSettings(
                broker=settings.broker_address,
                territory=settings.territory,
                client_id=f"softplace-{settings.territory}-ingest",
                qos=settings.qos,
                share_group=settings.broker.share_group,
                ladder=settings.distress,
                retention_override=REPLAY if settings.retention == "replay" else None,
                tls=_tls(settings),
            ),
            telemetry,
            records,
            feed,
            self._clock,
            self._random,
        )
        ingest.ready = ready
        try:
            await ingest.run()
        finally:
            telemetry.close()

    async def _dispatch(self, records: Engine, feed: AcceptedFeed, ready: asyncio.Event) -> None:
        # Only the dispatcher signs: an ingest or web alone never opens the keys.
        from backend.access.keys import open_keys  # noqa: PLC0415
        from backend.access.places import place_of  # noqa: PLC0415
        from backend.access.service import Access, AccessSettings  # noqa: PLC0415
        from backend.devices.addressing import addressee_of  # noqa: PLC0415
        from backend.devices.service import DeviceService  # noqa: PLC0415
        from backend.devices.sweeping import BrokerDoor  # noqa: PLC0415

        settings = self._settings
        tls = _tls(settings)

        def serving_now(connection: Connection, territory: str, unit: Unit) -> Addressee | None:
            return addressee_of(connection, territory, unit, self._real.now_ms())

        access = Access(
            AccessSettings(
                broker=settings.broker_address,
                place=place_of(self._territory(records)),
                client_id=f"softplace-{settings.territory}-access",
                tls=tls,
            ),
            open_keys(settings.data_directory),
            records,
            feed,
            serving_now,
            self._clock,
            self._random,
        )
        access.ready = ready
        devices = DeviceService(
            records,
            settings.data_directory,
            settings.territory,
            BrokerDoor(settings.broker_address, tls),
            self._clock,
            self._real,
            self._random,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(access.run(), name="access")
            group.create_task(devices.run(), name="devices")

    async def _web(self, records: Engine, feed: AcceptedFeed, ready: asyncio.Event) -> None:
        from backend.live.follow import follow  # noqa: PLC0415 - an ingest alone shows no pages
        from backend.live.state import LiveState  # noqa: PLC0415
        from backend.web.devices import gather  # noqa: PLC0415
        from backend.web.doors import gather_doors  # noqa: PLC0415
        from backend.web.http_server import listening_socket, serve_app  # noqa: PLC0415
        from backend.web.service import create_app  # noqa: PLC0415

        settings = self._settings
        territory = self._territory(records)
        listening = listening_socket(settings.web.host, settings.web.port)
        live = LiveState.load(records)
        app = create_app(
            territory,
            live,
            self._clock,
            report=lambda: asyncio.to_thread(gather, records),
            enrol=self._enrolment_desk(records),
            doors=lambda: asyncio.to_thread(gather_doors, records, self._clock.now_ms()),
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(live, records, feed, self._real, lambda _: None), name="live")
            group.create_task(serve_app(app, listening, ready), name="pages")

    def _territory(self, records: Engine) -> Territory:
        """The territory of the file where one is given, else of the records."""
        from backend.territory.store import import_territory, read_territory  # noqa: PLC0415

        settings = self._settings
        if settings.territory_file is not None:
            territory = load_territory(Path(settings.territory_file))
            if territory.territory != settings.territory:
                raise InvalidSettings(
                    settings.territory_file,
                    f"describes {territory.territory!r}, the settings say {settings.territory!r}",
                )
            import_territory(records, territory)
        return read_territory(records, settings.territory)

    def _enrolment_desk(self, records: Engine) -> Callable[[bytes], Awaitable[bytes]] | None:
        from backend.devices.desk import EnrolmentDesk  # noqa: PLC0415 - keys are made on the way

        settings = self._settings
        broker_url = settings.devices.broker_url
        if broker_url is None:
            return None
        desk = EnrolmentDesk(
            records, settings.data_directory, settings.territory, broker_url, self._real
        )
        return lambda payload: asyncio.to_thread(desk.answer, payload)


def telemetry_settings(settings: Settings) -> TelemetrySettings:
    """Where the time series go, the defaults written out. Raises InvalidSettings."""
    section = settings.telemetry
    return TelemetrySettings(
        path=settings.data_directory / "telemetry.sqlite",
        spool_path=settings.data_directory / "spool.sqlite",
        url=section.url,
        spool_max_bytes=section.spool_max_mb * 1_000_000,
        username=section.username,
        password=read_secret(section.password_file),
        token=read_secret(section.token_file),
        org=section.org or "",
        version=section.version,
    )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.broker_address.tls:
        return None
    broker = settings.broker
    try:
        context = ssl.create_default_context(cafile=broker.ca)
        if broker.cert is not None:
            context.load_cert_chain(broker.cert, broker.key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSettings("[broker] ca, cert, key", f"cannot be used: {error}") from error
    return context

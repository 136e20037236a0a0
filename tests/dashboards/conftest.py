"""Half an hour of a small fleet: through a real Mosquitto and the real ingest into InfluxDB."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any

import paho.mqtt.client as paho
import pytest

from backend.ingest.service import Ingest, IngestSettings
from backend.live.feed import InProcessFeed
from backend.records.open import open_records
from backend.telemetry.open import TelemetrySettings, open_telemetry
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.codec import encode_uplink
from contract.streams import BY_MESSAGE
from contract.topics import Unit, uplink_topic
from contract.uplink import (
    Ack,
    Alarm,
    Envelope,
    Health,
    LostRange,
    Occupancy,
    Position,
    Status,
    Tap,
    Wifi,
)
from tests.peers.influxd import Influxd, running_influxd
from tests.peers.mosquitto import running_mosquitto

TERRITORY = "lozere"
UNITS = (Unit("bus", "b1"), Unit("bus", "b2"), Unit("truck", "dentist"))
MINUTES = 30


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Influxd, int]]:
    """The server and the time of the newest row in milliseconds."""
    directory = tmp_path_factory.mktemp("fleet")
    now_ms = SystemClock().now_ms()
    with (
        running_influxd(directory / "influxd") as influxd,
        running_mosquitto(directory) as broker,
    ):
        sent = [
            packet for number, unit in enumerate(UNITS) for packet in packets(unit, number, now_ms)
        ]
        asyncio.run(_through_the_chain(directory, influxd.url, broker.address, sent))
        yield influxd, SystemClock().now_ms()


async def _through_the_chain(
    directory: Path, url: str, broker: BrokerAddress, sent: list[tuple[str, bytes]]
) -> None:
    clock = SystemClock()
    records = open_records(f"sqlite:///{directory / 'records.sqlite'}")
    store = open_telemetry(
        TelemetrySettings(url=url, path=directory / "unused", spool_path=directory / "spool"),
        clock,
    )
    ingest = Ingest(
        IngestSettings(broker=broker, territory=TERRITORY, client_id="ingest"),
        store,
        records,
        InProcessFeed(),
        clock,
        SystemRandom(),
    )
    running = asyncio.create_task(ingest.run())
    async with asyncio.timeout(30):
        await ingest.ready.wait()
        await asyncio.to_thread(_publish, broker, sent)
        while ingest.stats().accepted + ingest.stats().duplicates < len(sent):
            await clock.sleep(0.02)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running  # it finishes the batch it is at
    assert store.spooled() == 0
    assert ingest.stats().quarantined == {}
    store.close()
    records.dispose()


def _publish(broker: BrokerAddress, sent: list[tuple[str, bytes]]) -> None:
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="fleet")
    client.connect(broker.host, broker.port)
    client.loop_start()
    for info in [client.publish(topic, payload, qos=1) for topic, payload in sent]:
        info.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def packets(unit: Unit, number: int, now_ms: int) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of everything a unit says in half an hour, a little a minute."""
    for minute in range(MINUTES + 1):
        head: dict[str, Any] = {
            "outbox": f"{number:016x}",
            "seq": minute + 1,
            "boot": "01234567-89abcdef",
            "observed_ms": now_ms - (MINUTES - minute) * 60_000,
            "clock": "unset" if minute == 3 else "gnss",
            "replayed": 5 < minute < 9,
        }
        for message in said(head, minute):
            stream = BY_MESSAGE[type(message)].name
            yield uplink_topic(TERRITORY, unit, stream), encode_uplink(message)


def said(head: dict[str, Any], minute: int) -> Iterator[Envelope]:
    """The messages of one minute."""
    yield Position(
        **head,
        latitude=44.5 + minute * 1e-3,
        longitude=3.5,
        speed_m_s=12.0,
        accuracy_m=4.0,
        satellites=9,
    )
    yield Health(
        **head,
        temperature_c=50.0 + minute,
        undervoltage=minute == 12,
        disk_free_bytes=10**10 - minute,
        outbox_depth=minute % 4,
        outbox_age_s=1.0 * minute,
        link_round_trip_s=0.05,
        link_signal_dbm=-80.0,
        rejected_sentences=minute // 10,
        sensor_faults=minute % 2,
        rights_version=7,
        revocation_bound_ms=head["observed_ms"] + 3_600_000,
        clockless_bound_s=3_600.0,
    )
    night = minute % 15 == 0
    yield Occupancy(
        **head,
        persons=minute % 20,
        error_persons=minute % 3,
        rezeroed=night,
        drift_persons=2 if night else None,
    )
    yield Wifi(**head, interval_s=60.0, stations=3, received_bytes=10**6, sent_bytes=10**5)
    decision: Any = "refused" if minute % 5 == 0 else "granted"
    yield Tap(
        **head,
        decision=decision,
        reason="granted" if decision == "granted" else "too_early",
        place="door",
        pseudonym="p",
        decided_in_ms=0.2,
    )
    if minute % 10 == 0:
        lost = LostRange(outbox=head["outbox"], stream="wifi", start=1, end=3, cause="dropped")
        yield Status(**head, state="online", session=minute + 1, version="0.1.0", lost=(lost,))
        yield Alarm(**head, alarm="sos", detail="button", latitude=44.5, longitude=3.5)
        yield Ack(**head, subject="plan", reference="1", answer="refused", reason="snow")

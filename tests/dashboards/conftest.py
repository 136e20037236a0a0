"""A real InfluxDB with half an hour of a small fleet, written by the real line writer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.telemetry.model import Row
from backend.telemetry.open import TelemetrySettings, open_telemetry
from contract.clock import SystemClock
from contract.streams import BY_MESSAGE
from contract.topics import Unit
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

UNITS = (Unit("bus", "b1"), Unit("bus", "b2"), Unit("truck", "dentist"))
MINUTES = 30


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Influxd, int]]:
    """The server and the time of the newest row in milliseconds."""
    directory = tmp_path_factory.mktemp("fleet")
    now_ms = SystemClock().now_ms()
    with running_influxd(directory / "influxd") as influxd:
        settings = TelemetrySettings(
            url=influxd.url, path=directory / "unused", spool_path=directory / "spool.sqlite"
        )
        store = open_telemetry(settings, SystemClock())
        store.prepare()
        store.write(
            [row for number, unit in enumerate(UNITS) for row in rows(unit, number, now_ms)]
        )
        assert store.spooled() == 0
        store.close()
        yield influxd, now_ms


def rows(unit: Unit, number: int, now_ms: int) -> Iterator[Row]:
    """Everything a unit says in half an hour, a little of each kind a minute."""
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
            stream = BY_MESSAGE[type(message)]
            time_ns = message.observed_ms * 1_000_000 + message.seq
            yield Row(
                unit.kind, unit.name, stream.name, stream.retention.database, time_ns, message
            )


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
    )
    yield Occupancy(**head, persons=minute % 20)
    yield Wifi(**head, interval_s=60.0, stations=3, received_bytes=10**6, sent_bytes=10**5)
    decision: Any = "refused" if minute % 5 == 0 else "granted"
    yield Tap(**head, decision=decision, reason=decision, place="door", pseudonym="p")
    if minute % 10 == 0:
        lost = LostRange(outbox=head["outbox"], stream="wifi", start=1, end=3, cause="dropped")
        yield Status(**head, state="online", session=minute + 1, version="0.1.0", lost=(lost,))
        yield Alarm(**head, alarm="sos", detail="button", latitude=44.5, longitude=3.5)
        yield Ack(**head, subject="plan", reference="1", answer="refused", reason="snow")

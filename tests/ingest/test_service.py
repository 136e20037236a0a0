"""The whole ingest between a real Mosquitto and a real store."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import pytest

from backend.ingest.housekeeping import Housekeeping
from backend.live.feed import InProcessFeed
from backend.live.state import LiveState
from backend.records.open import open_records
from backend.telemetry.fake import FakeTelemetry
from backend.telemetry.open import TelemetrySettings, open_telemetry
from contract.clock import SystemClock
from contract.retention import TWO_MONTHS
from contract.topics import Unit
from tests.ingest import harness as h
from tests.ingest.serving import device, serving, settings, until
from tests.peers.influxd import running_influxd
from tests.peers.mosquitto import running_mosquitto


@pytest.fixture
def records(tmp_path):
    engine = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture
def broker(tmp_path):
    with running_mosquitto(tmp_path) as mosquitto:
        yield mosquitto


@contextmanager
def store(tmp_path, url=None):
    paths = {"path": tmp_path / "telemetry.sqlite", "spool_path": tmp_path / "spool.sqlite"}
    telemetry = open_telemetry(TelemetrySettings(**paths, url=url), SystemClock())
    try:
        yield telemetry
    finally:
        telemetry.close()


def now_ms():
    return SystemClock().now_ms()


def positions(start, end, unit=h.BUS):
    at_ms = now_ms() - 60_000
    return [h.position(n, unit, observed_ms=at_ms + n) for n in range(start, end)]


async def test_hello_is_answered_and_what_follows_is_stored_confirmed_and_handed_on(
    tmp_path, broker, records
):
    feed = InProcessFeed()
    heard = feed.subscribe()
    with store(tmp_path) as telemetry:
        async with (
            serving(settings(broker.address), telemetry, records, feed) as ingest,
            device(broker.address) as bus,
        ):
            await bus.send(h.hello(session=4))
            await until(lambda: bus.told)
            answer = bus.told[0].answers
            assert answer is not None
            assert (answer.boot, answer.session) == (h.BOOT, 4)
            await bus.send(*positions(1, 31), h.alarm(1, observed_ms=now_ms()))
            assert (await bus.told_of("alarm", 1)).answers is None
            confirmation = await bus.told_of("position", 30)
            assert confirmation.outbox == h.OUTBOX
            live = LiveState()
            while len(live.state(h.BUS).newest) < 2:
                live.apply(await anext(heard))
            stats = ingest.stats()
            assert (stats.received, stats.accepted, stats.hellos) == (32, 31, 1)
            assert stats.connected
        assert telemetry.count(TWO_MONTHS.database, "position", h.BUS) == 30
        async with device(broker.address) as late:
            assert (await late.told_of("position", 30)).outbox == h.OUTBOX, "it is retained"


async def test_while_the_store_is_away_nothing_is_acknowledged_and_then_all_of_it(
    broker, records, caplog
):
    telemetry = FakeTelemetry(has_spool=False)
    with caplog.at_level(logging.INFO, "softplace.ingest"):
        async with (
            serving(settings(broker.address), telemetry, records) as ingest,
            device(broker.address) as bus,
        ):
            telemetry.available = False
            await bus.send(*positions(1, 11))
            await until(lambda: ingest.stats().trouble)
            await bus.send(h.hello(), *positions(11, 21))
            assert bus.told == []
            assert ingest.stats().accepted == 0
            telemetry.heal()
            await bus.told_of("position", 20)
            assert ingest.stats().trouble is None
    assert len(telemetry.points) == 20
    lines = [r.getMessage() for r in caplog.records if "store_" in r.getMessage()]
    assert len(lines) == 2
    assert "store_away: the time-series store cannot take anything now" in lines[0]
    assert lines[1] == "store_back"


async def test_an_ingest_that_comes_back_takes_what_waited_and_doubles_nothing(
    tmp_path, broker, records
):
    with store(tmp_path) as telemetry:
        async with device(broker.address) as bus:
            async with serving(settings(broker.address), telemetry, records):
                await bus.send(*positions(1, 6))
                await bus.told_of("position", 5)
            await bus.send(*positions(4, 11))
            async with serving(settings(broker.address), telemetry, records) as ingest:
                await bus.told_of("position", 10)
                assert ingest.stats().duplicates == 2
        assert telemetry.count(TWO_MONTHS.database, "position", h.BUS) == 10
    assert LiveState.load(records).state(h.BUS).position is not None


async def test_a_broker_that_lost_everything_hears_the_retained_words_again(
    broker, records, caplog
):
    telemetry = FakeTelemetry()
    with caplog.at_level(logging.INFO, "softplace.mqtt"):
        async with serving(settings(broker.address), telemetry, records):
            async with device(broker.address) as bus:
                await bus.send(*positions(1, 6))
                await bus.told_of("position", 5)
            broker.kill()
            broker.start()
            async with device(broker.address) as bus:
                told = await bus.told_of("position", 5)
                assert told.answers is None
                assert told.issued_ms <= now_ms()
    lines = [r.getMessage() for r in caplog.records if r.name == "softplace.mqtt"]
    assert ["broker_lost" in line for line in lines] == [True, False]


async def test_two_workers_share_the_load_and_store_each_message_once(tmp_path, broker, records):
    telemetry = FakeTelemetry()
    units = [Unit("bus", f"b{n}") for n in range(1, 6)]
    shared = {"share_group": "workers"}
    async with (
        serving(settings(broker.address, client_id="w1", **shared), telemetry, records) as one,
        serving(settings(broker.address, client_id="w2", **shared), telemetry, records) as other,
        device(broker.address) as bus,
    ):
        for start in range(1, 41, 10):
            for unit in units:
                await bus.send(*positions(start, start + 10, unit))
        await until(lambda: one.stats().accepted + other.stats().accepted >= 200)
        assert one.stats().accepted > 0
        assert other.stats().accepted > 0
        await bus.told_of("position", 40)
    assert len(telemetry.points) == 200


async def test_quality_of_service_zero_is_stored_too(broker, records):
    telemetry = FakeTelemetry()
    async with (
        serving(settings(broker.address, qos=0), telemetry, records),
        device(broker.address) as bus,
    ):
        await bus.send(*positions(1, 11), qos=0)
        await bus.told_of("position", 10)
    assert len(telemetry.points) == 10


async def test_a_store_found_replaced_makes_every_unit_hear_the_new_epoch(broker, records):
    telemetry = FakeTelemetry()
    async with (
        serving(settings(broker.address, mark_s=0.05), telemetry, records),
        device(broker.address) as bus,
    ):
        await bus.send(*positions(1, 6))
        epoch = (await bus.told_of("position", 5)).epoch
        telemetry.lose_everything()
        await bus.send(*positions(6, 7))
        await until(lambda: bus.told and bus.told[-1].epoch != epoch)
        await bus.send(*positions(1, 7))
        await until(lambda: len(telemetry.points) == 6)


async def test_nonsense_between_good_messages_is_set_aside(broker, records):
    telemetry = FakeTelemetry()
    async with (
        serving(settings(broker.address), telemetry, records) as ingest,
        device(broker.address) as bus,
    ):
        topic = f"softplace/1/{h.TERRITORY}/tram/x/position".encode()
        await bus.send(
            h.raw("position", b"\x00\xff"), (topic, b"{}", b""), h.raw("status", b'{"type":"x"}')
        )
        await bus.send(*positions(1, 3))
        await bus.told_of("position", 2)
        assert ingest.stats().quarantined == {"malformed": 2, "topic": 1}


async def test_a_fault_of_ours_is_not_swallowed(broker, records, monkeypatch):
    def broken(*_: object):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Housekeeping, "check", broken)
    with pytest.raises(ExceptionGroup, match="unhandled") as raised:
        async with serving(
            settings(broker.address, gap_check_s=0.01), FakeTelemetry(), records
        ) as i:
            await until(lambda: i._worker._shutdown)
    assert raised.group_contains(RuntimeError, match="a bug")


async def test_from_the_real_mosquitto_to_the_real_influxdb(tmp_path, broker, records):
    with running_influxd(tmp_path / "influx") as influx, store(tmp_path, influx.url) as telemetry:
        async with (
            serving(settings(broker.address), telemetry, records),
            device(broker.address) as bus,
        ):
            await bus.send(*positions(1, 101), h.tap(1, observed_ms=now_ms()))
            await bus.told_of("position", 100)
            await bus.told_of("tap", 1)
            assert telemetry.count(TWO_MONTHS.database, "position", h.BUS) == 100
            newest = telemetry.newest("softplace_3_months", "tap", h.BUS)
            assert newest is not None
            assert "p-1234" not in str(newest)
            influx.kill()
            await bus.send(*positions(101, 201))
            await bus.told_of("position", 200)
            influx.start()
            await until(lambda: telemetry.spooled() == 0)
            assert telemetry.count(TWO_MONTHS.database, "position", h.BUS) == 200

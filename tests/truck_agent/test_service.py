from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.streams import BY_NAME
from contract.topics import Unit
from edge.drivers.nmea_fake import FakeReceiver, Fault
from edge.link.envelope import check_body
from edge.truck_agent.config import PositionConfig, TruckAgentConfig
from edge.truck_agent.hardware import position_source
from edge.truck_agent.service import TruckAgent, position_body
from tests.drivers.listening import fix_at, repeatable, until
from tests.truck_agent.link_double import LinkDouble


def config_for(tmp_path: Path, port: str, **changed: object) -> TruckAgentConfig:
    fields = {
        "territory": "lozere",
        "unit": Unit("bus", "b1"),
        "broker": BrokerAddress("127.0.0.1", 1),
        "outbox_path": tmp_path / "outbox.db",
        "position": PositionConfig(port=port),
        "interval_s": 0.0,
    } | changed
    return TruckAgentConfig(**fields)


@asynccontextmanager
async def running(
    tmp_path: Path, receiver: FakeReceiver
) -> AsyncIterator[tuple[TruckAgent, LinkDouble, asyncio.Task[None]]]:
    clock, link = SystemClock(), LinkDouble()
    config = config_for(tmp_path, receiver.port)
    source = position_source(config.position, clock, repeatable())
    agent = TruckAgent(config, source, link, clock)
    task = asyncio.create_task(agent.run())
    await until(lambda: source.counters().connected, "the receiver is heard")
    try:
        yield agent, link, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_fixes_become_positions_and_set_the_clock(tmp_path: Path):
    with FakeReceiver() as receiver:
        async with running(tmp_path, receiver) as (agent, link, _):
            for second in range(5):
                await receiver.emit(fix_at(second))
            await until(lambda: agent.taken == 5, "five fixes")
            await receiver.emit(fix_at(5), Fault.BAD_CHECKSUM)
            await receiver.emit(fix_at(6))
            await until(lambda: agent.taken == 6, "six fixes")
        assert link.is_closed
    assert [reading.observed_ms for reading in link.put_readings] == [
        fix_at(second).observed_ms for second in (0, 1, 2, 3, 4, 6)
    ]
    reading = link.put_readings[0]
    assert (reading.stream, reading.clock) == ("position", "gnss")
    assert reading.body["latitude"] == pytest.approx(44.5, abs=1e-6)
    assert link.anchors == [("gnss", fix_at(0).observed_ms, reading.boot_ms)]
    assert link.health_source() == {"rejected_sentences": 2}


async def test_three_satellites_give_a_position_and_no_clock(tmp_path: Path):
    with FakeReceiver() as receiver:
        async with running(tmp_path, receiver) as (agent, link, _):
            await receiver.emit(fix_at(0, satellites=3))
            await until(lambda: agent.taken == 1, "the fix")
    assert len(link.put_readings) == 1
    assert link.anchors == []


async def test_a_refused_position_is_said_once_and_stops_nothing(tmp_path: Path, caplog):
    with FakeReceiver() as receiver:
        async with running(tmp_path, receiver) as (agent, link, _):
            link.refuses = True
            await receiver.emit(fix_at(0))
            await receiver.emit(fix_at(1))
            await until(lambda: agent.taken == 2, "two refused fixes")
            link.refuses = False
            await receiver.emit(fix_at(2))
            await until(lambda: agent.published == 1, "the fix after them")
    said = [r for r in caplog.records if "unsendable" in r.getMessage()]
    assert len(said) == 1


async def test_a_stop_says_goodbye_and_ends(tmp_path: Path):
    with FakeReceiver() as receiver:
        async with running(tmp_path, receiver) as (agent, link, task):
            agent.stop()
            await asyncio.wait_for(task, 10)
    assert link.announced == ["offline"]
    assert link.is_closed


async def test_a_fault_of_the_link_ends_the_agent_aloud(tmp_path: Path):
    link = LinkDouble()
    link.fault = OSError("the disk is gone")
    with FakeReceiver() as receiver:
        config = config_for(tmp_path, receiver.port)
        source = position_source(config.position, SystemClock(), repeatable())
        agent = TruckAgent(config, source, link, SystemClock())
        with pytest.raises(OSError, match="the disk is gone"):
            await agent.run()


async def test_the_odometer_goes_on_after_a_restart(tmp_path: Path):
    with FakeReceiver() as receiver:
        async with running(tmp_path, receiver) as (agent, link, _):
            for second in range(5):
                await receiver.emit(fix_at(second))
            await until(lambda: agent.taken == 5, "five fixes")
        driven = link.put_readings[-1].body["odometer_m"]
        assert driven == pytest.approx(44.5, rel=0.01)
        async with running(tmp_path, receiver) as (agent, link, _):
            await receiver.emit(fix_at(10))
            await until(lambda: agent.taken == 1, "a fix")
    assert link.put_readings[0].body["odometer_m"] == driven


def test_a_position_body_passes_the_contract():
    for fix in (
        fix_at(0),
        fix_at(0, speed_m_s=None, course_deg=None, satellites=None),
        fix_at(0, speed_m_s=0.0, course_deg=0.0, accuracy_m=0.0, satellites=0, fix_quality=8),
    ):
        check_body("position", position_body(fix, 12.34))
    assert position_body(fix_at(0, speed_m_s=0.0), 0.0)["speed_m_s"] == 0.0
    assert BY_NAME["position"].retained


def test_the_configuration_reaches_the_link(tmp_path: Path):
    config = config_for(tmp_path, "/dev/null", health_interval_s=7.0, batch_s=0.1)
    settings = config.link_settings()
    assert (settings.heartbeat_s, settings.batch_s) == (7.0, 0.1)
    assert settings.outbox_path == tmp_path / "outbox.db"


def test_gpsd_is_chosen_by_name(tmp_path: Path):
    source = position_source(PositionConfig(source="gpsd"), SystemClock(), repeatable())
    assert type(source).__name__ == "GpsdSource"

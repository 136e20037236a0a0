"""One suite for every sensor of presence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from contract.clock import ManualClock, SystemClock
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.ld2410 import ld2410_source
from edge.drivers.ld2410_fake import NOBODY, SITTING, FakeRadar
from edge.drivers.ld2450 import ld2450_source
from edge.drivers.ld2450_frames import Sighting, Target
from edge.drivers.line_config import InputLine
from edge.drivers.pir import PirSource
from edge.drivers.presence_source import PresenceSource
from tests.drivers.listening import repeatable, until

ONE, OTHER = Target(-300, 1_200, 15), Target(900, 2_400, -10)


class Sensor(Protocol):
    source: PresenceSource

    def plug(self) -> None: ...

    def unplug(self) -> None: ...

    async def show(self, *, seen: bool) -> None:
        """Once more, for what is said while nobody listens is lost."""
        ...


class Pir:
    def __init__(self, directory: Path) -> None:
        self.chip = FakeChip(directory / "chip")
        self.source = PirSource("pir", self.chip.name, InputLine(4), SystemClock(), repeatable())
        self.plug, self.unplug = self.chip.plug, self.chip.unplug

    async def show(self, *, seen: bool) -> None:
        self.chip.drive(4, int(seen))
        await SystemClock().sleep(0.01)


class Radar:
    def __init__(self, directory: Path) -> None:
        self.radar = FakeRadar(directory / "radar")
        self.radar.unplug()
        self.source = ld2410_source("radar", self.radar.port, SystemClock(), repeatable(), 0.1)
        self.plug, self.unplug = self.radar.plug, self.radar.unplug

    async def show(self, *, seen: bool) -> None:
        self.radar.report(SITTING if seen else NOBODY)
        await SystemClock().sleep(0.01)


class CountingRadar(Radar):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.source = ld2450_source("radar", self.radar.port, SystemClock(), repeatable(), 0.1)

    async def show(self, *, seen: bool) -> None:
        self.radar.report(Sighting((ONE,) if seen else ()))
        await SystemClock().sleep(0.01)


@pytest.fixture(params=[Pir, Radar, CountingRadar])
def sensor(request: pytest.FixtureRequest, tmp_path: Path) -> Sensor:
    return request.param(tmp_path)


@asynccontextmanager
async def heard(source: PresenceSource) -> AsyncIterator[list[int | None]]:
    said: list[int | None] = []

    async def listen() -> None:
        async with aclosing(source.presences()) as stream:
            async for seen in stream:
                said.append(seen)  # noqa: PERF401 - they are looked at as they come

    task = asyncio.create_task(listen())
    try:
        yield said
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def shown_until(sensor: Sensor, said: list[int | None], *, seen: bool) -> None:
    clock = SystemClock()
    end_s = clock.monotonic_s() + 15
    while said[-1:] != [int(seen)]:
        await sensor.show(seen=seen)
        assert clock.monotonic_s() < end_s


async def test_somebody_and_nobody_are_told_when_they_change_and_only_then(sensor: Sensor):
    sensor.plug()
    async with heard(sensor.source) as said:
        await shown_until(sensor, said, seen=False)
        for _ in range(20):
            await sensor.show(seen=True)
        await shown_until(sensor, said, seen=True)
        await shown_until(sensor, said, seen=False)
    assert said == [0, 1, 0]
    sensor.unplug()


async def test_a_lost_sensor_sees_neither_and_comes_back_as_it_stands(
    sensor: Sensor, caplog: pytest.LogCaptureFixture
):
    async with heard(sensor.source) as said:
        await until(lambda: "=down" in caplog.text, "it is said that the sensor is absent")
        sensor.plug()
        await shown_until(sensor, said, seen=True)
        sensor.unplug()
        await until(lambda: said[-1:] == [None], "the loss is told")
        sensor.plug()
        await shown_until(sensor, said, seen=True)
    sensor.unplug()
    assert said == [1, None, 1]
    lines = [record.getMessage() for record in caplog.records]
    assert sum("works again" in line for line in lines) == 2


async def test_a_pir_is_not_believed_in_its_first_minute(tmp_path: Path):
    clock = ManualClock(boot_ms=10_000)
    with FakeChip(tmp_path / "chip", clock=clock) as chip:
        chip.drive(4, 1)
        source = PirSource("pir", chip.name, InputLine(4), clock, repeatable())
        async with heard(source) as said:
            for _ in range(49):
                await clock.advance(1)
            assert said == []
            for _ in range(3):
                await clock.advance(1)
            assert said == [1]


async def test_a_radar_that_is_silent_is_lost_and_a_breath_is_not_nobody(tmp_path: Path):
    clock = ManualClock()
    with FakeRadar(tmp_path / "radar") as radar:
        source = ld2410_source("radar", radar.port, clock, repeatable())
        async with heard(source) as said:
            await clock.advance(0.1)
            radar.report(SITTING)
            await until(lambda: said == [1], "somebody")
            await clock.advance(2)
            radar.report(NOBODY)
            await clock.advance(0.1)
            await SystemClock().sleep(0.05)
            assert said == [1]
            await clock.advance(4)
            radar.report(NOBODY)
            await until(lambda: said == [1, 0], "nobody")
            for _ in range(12):
                await clock.advance(0.5)
            await until(lambda: said == [1, 0, None], "silence")


async def test_a_second_body_counts_when_it_stays_in_sight(tmp_path: Path):
    clock = ManualClock()
    with FakeRadar(tmp_path / "radar") as radar:
        source = ld2450_source("radar", radar.port, clock, repeatable())
        async with heard(source) as said:
            await clock.advance(0.1)
            radar.report(Sighting((ONE, OTHER)))
            await until(lambda: said == [1], "one, for a reflection is a second one for a moment")
            for _ in range(5):
                await clock.advance(0.5)
                radar.report(Sighting((ONE, OTHER)))
                await SystemClock().sleep(0.01)
            await until(lambda: said == [1, 2], "two")

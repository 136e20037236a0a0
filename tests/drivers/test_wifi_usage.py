"""One suite for every way to ask an access point who uses it: the claims hold whatever the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from contract.clock import ManualClock, SystemClock
from edge.drivers.errors import AccessPointUnavailable, StationsRefused
from edge.drivers.hostapd import HostapdSource
from edge.drivers.hostapd_fake import FakeHostapd
from edge.drivers.iw_fake import FakeIw
from edge.drivers.iw_stations import IwSource
from edge.drivers.wifi_config import WifiSection, wifi_usage
from edge.drivers.wifi_station import Station, StationSource
from edge.drivers.wifi_usage import Usage, WifiUsage
from tests.drivers.listening import until

PHONE = Station("02:00:00:00:00:01", True, 1_000, 2_000, -50, 60, 100)
LAPTOP = Station("02:00:00:00:00:02", True, 500, 700, -60, 90, 200)
GUESSING = Station("02:00:00:00:00:03", authorized=False)


class AccessPoint(Protocol):
    """A fake, as the suite needs it."""

    source: StationSource

    def show(self, *stations: Station) -> None: ...

    def babble(self) -> None: ...

    def vanish(self) -> None: ...


class HostapdPoint:
    def __init__(self, directory: Path) -> None:
        self.fake = FakeHostapd(directory / "wlan0")
        self.source = HostapdSource(str(self.fake.path), SystemClock())

    def show(self, *stations: Station) -> None:
        if self.fake._socket is None:
            self.fake.start()
        self.fake.babble = None
        self.fake.stations = {station.mac: station for station in stations}

    def babble(self) -> None:
        self.fake.babble = b"\xff\x00 what?\n"

    def vanish(self) -> None:
        self.fake.stop()


class IwPoint:
    def __init__(self, directory: Path) -> None:
        self.fake = FakeIw(directory)
        self.source = IwSource("wlan0", SystemClock(), self.fake.command)

    def show(self, *stations: Station) -> None:
        self.fake.show(stations)

    def babble(self) -> None:
        self.fake.print(b"\xff\x00 what?\n")

    def vanish(self) -> None:
        self.fake.fail()


@pytest.fixture(params=[HostapdPoint, IwPoint])
async def point(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccessPoint]:
    made = request.param(tmp_path)
    yield made
    await made.source.close()
    made.vanish()


@asynccontextmanager
async def used(usage: WifiUsage) -> AsyncIterator[list[Usage]]:
    told: list[Usage] = []

    async def listen() -> None:
        async with aclosing(usage.usage()) as stream:
            async for interval in stream:
                told.append(interval)  # noqa: PERF401 - they are looked at as they come

    task = asyncio.create_task(listen())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def interval(clock: ManualClock, usage: WifiUsage, looks: int) -> None:
    """Let time pass until `looks` more looks have been answered or not; a look is real I/O."""
    for _ in range(looks):
        before = usage.counters().looks
        for _ in range(400):
            await clock.advance(10)
            await SystemClock().sleep(0.005)
            if usage.counters().looks > before:
                break


async def test_everybody_associated_is_told_as_the_access_point_sees_them(point: AccessPoint):
    point.show(PHONE, LAPTOP, GUESSING)
    assert sorted(await point.source.stations()) == sorted([PHONE, LAPTOP, GUESSING])
    point.show()
    assert await point.source.stations() == []


async def test_an_absent_access_point_is_one_sentence_and_one_that_comes_back_is_found(
    point: AccessPoint,
):
    with pytest.raises(AccessPointUnavailable, match=r"systemctl|iw dev"):
        await point.source.stations()
    point.show(PHONE)
    assert await point.source.stations() == [PHONE]
    point.vanish()
    with pytest.raises(AccessPointUnavailable):
        await point.source.stations()
    point.show(LAPTOP)
    assert await point.source.stations() == [LAPTOP]


async def test_babble_is_refused_without_quoting_it_and_survived(point: AccessPoint):
    point.show(PHONE)
    await point.source.stations()
    point.babble()
    with pytest.raises(StationsRefused) as refused:
        await point.source.stations()
    assert "what?" not in str(refused.value)
    point.show(PHONE)
    assert await point.source.stations() == [PHONE]


async def test_usage_is_counts_per_interval_and_troubles_are_said_once(
    point: AccessPoint, caplog: pytest.LogCaptureFixture
):
    clock = ManualClock()
    usage = WifiUsage([point.source], clock, bytes(32), interval_s=60)
    point.show(PHONE, GUESSING)
    async with used(usage) as told:
        await until(lambda: usage.present == 1, "the first look")
        point.show(PHONE._replace(received_bytes=1_400, sent_bytes=2_900, connected_s=900))
        await interval(clock, usage, 6)
        await until(lambda: bool(told), "an interval")
        assert told[0][1:] == (1, 400, 900)
        point.vanish()
        await interval(clock, usage, 6)
        assert usage.present is None
        point.show(PHONE._replace(received_bytes=1_500, sent_bytes=2_900, connected_s=2_000))
        intervals = len(told)
        await interval(clock, usage, 6)
        await until(lambda: len(told) > intervals, "an interval after the return")
    assert sum(one.received_bytes for one in told) == 500
    said = [record.getMessage() for record in caplog.records if "wifi=" in record.getMessage()]
    assert [line.split()[0] for line in said] == ["wifi=down", "wifi=up"]
    assert PHONE.mac not in caplog.text + repr(told) + repr(usage.counters())
    counters = usage.counters()
    assert counters.looks == counters.good + counters.refused + counters.unanswered
    assert counters.unanswered > 0


async def test_hostapd_tells_who_comes_before_anybody_asks(tmp_path: Path):
    point = HostapdPoint(tmp_path)
    woken = asyncio.Event()
    point.source.on_change(woken.set)
    point.show(PHONE)
    await point.source.stations()
    point.fake.connect(LAPTOP)
    await asyncio.wait_for(woken.wait(), 5)
    woken.clear()
    point.fake.disconnect(LAPTOP.mac, lingers=True)
    await asyncio.wait_for(woken.wait(), 5)
    assert [s.mac for s in await point.source.stations() if s.authorized] == [PHONE.mac]
    await point.source.close()
    point.fake.stop()


async def test_a_walk_over_stations_that_leave_is_begun_again_and_a_silent_hostapd_given_up(
    tmp_path: Path,
):
    point = HostapdPoint(tmp_path)
    clock = ManualClock()
    source = HostapdSource(str(point.fake.path), clock)
    point.show(PHONE, LAPTOP)
    point.fake.vanishing = 2
    assert len(await source.stations()) == 2
    point.fake.vanishing = 99
    with pytest.raises(StationsRefused, match="ever_changing"):
        await source.stations()
    point.fake.vanishing = 0
    point.fake.silent = True
    asking = asyncio.create_task(source.stations())
    while not asking.done():
        await clock.advance(1)
        await SystemClock().sleep(0.005)
    with pytest.raises(AccessPointUnavailable, match="no answer"):
        await asking
    point.fake.silent = False
    assert len(await source.stations()) == 2
    await source.close()
    point.fake.stop()


def test_a_configuration_names_radios_and_is_refused_where_it_would_tell_of_persons():
    read = msgspec.toml.decode
    section = read('hostapd = ["/run/hostapd/wlan0"]\ninterfaces = ["wlan1"]', type=WifiSection)
    usage = wifi_usage(section, ManualClock(), bytes)
    assert usage is not None
    assert [radio.source.name for radio in usage._radios] == ["/run/hostapd/wlan0", "wlan1"]
    assert wifi_usage(WifiSection(), ManualClock(), bytes) is None
    with pytest.raises(msgspec.ValidationError, match="interval_s"):
        read("interval_s = 5", type=WifiSection)


async def test_an_iw_that_hangs_is_ended(tmp_path: Path):
    clock = ManualClock()
    pid = tmp_path / "pid"
    source = IwSource("wlan0", clock, ("sh", "-c", f"echo $$ > {pid}; exec sleep 600"))
    asking = asyncio.create_task(source.stations())
    await until(pid.exists, "it runs")
    while not asking.done():
        await clock.advance(1)
        await SystemClock().sleep(0.005)
    with pytest.raises(AccessPointUnavailable, match="did not end"):
        await asking
    assert not is_running(pid)


def is_running(pid: Path) -> bool:
    return Path(f"/proc/{pid.read_text().strip()}").exists()

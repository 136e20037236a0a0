"""One suite for every source of positions: the claims hold whatever the device."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from contract.clock import SystemClock
from edge.drivers.gpsd import GpsdSource
from edge.drivers.gpsd_fake import FakeGpsd
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.nmea_serial import NmeaSerialSource
from edge.drivers.position_source import Fix, PositionSource
from tests.drivers.listening import fix_at, heard, repeatable, until


class Device(Protocol):
    """A fake, as the suite needs it."""

    source: PositionSource

    async def appear(self) -> None: ...

    async def vanish(self) -> None: ...

    async def emit(self, fix: Fix) -> None: ...

    async def noise(self) -> None: ...


class SerialDevice:
    def __init__(self, directory: Path) -> None:
        self._receiver = FakeReceiver(link=directory / "gps")
        self._receiver.unplug()
        self.source = NmeaSerialSource(str(directory / "gps"), 9600, SystemClock(), repeatable())

    async def appear(self) -> None:
        self._receiver.plug()
        await until(lambda: self.source.counters().connected, "the port is open")

    async def vanish(self) -> None:
        self._receiver.unplug()

    async def emit(self, fix: Fix) -> None:
        await self._receiver.emit(fix)

    async def noise(self) -> None:
        await self._receiver.send(b"\xff\x00$GPGGA,12*\r\n$GPRMC,x\r\n!!$$\n")


class GpsdDevice:
    def __init__(self, _directory: Path) -> None:
        self._gpsd = FakeGpsd()
        self.source = GpsdSource("127.0.0.1", 1, SystemClock(), repeatable())

    async def appear(self) -> None:
        await self._gpsd.start()
        self.source._port = self._gpsd.port
        await self._gpsd.watched.wait()

    async def vanish(self) -> None:
        await self._gpsd.stop()

    async def emit(self, fix: Fix) -> None:
        await self._gpsd.emit(fix)

    async def noise(self) -> None:
        for line in (b"{\n", b'{"class":"TPV","mode":3,"lat":99,"lon":1}\n', b"\xff\n", b"[]\n"):
            await self._gpsd.send(line)
        await self._gpsd.send({"class": "TPV", "mode": 1})
        await self._gpsd.send({"class": "TPV", "mode": 3, "lat": 1.0, "lon": 1.0})
        await self._gpsd.send({"class": "TPV", "mode": 3, "lat": 1.0, "lon": 1.0, "time": "x"})


@pytest.fixture(params=[SerialDevice, GpsdDevice])
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Device:
    return request.param(tmp_path)


async def test_fixes_come_as_they_were_measured(device: Device):
    sent = [fix_at(second) for second in range(5)]
    async with heard(device.source) as fixes:
        await device.appear()
        for fix in sent:
            await device.emit(fix)
        await until(lambda: len(fixes) == 5, "five fixes")
    for got, fix in zip(fixes, sent, strict=True):
        assert got.observed_ms == fix.observed_ms
        assert got.latitude == pytest.approx(fix.latitude, abs=1e-6)
        assert got.longitude == pytest.approx(fix.longitude, abs=1e-6)
        assert got.speed_m_s == pytest.approx(10.0, abs=0.01)
        assert (got.satellites, got.course_deg, got.fix_quality) == (9, 45.0, 1)
        assert got.boot_ms > 0
        assert got.dates_the_clock


async def test_the_same_moment_is_told_once(device: Device):
    async with heard(device.source) as fixes:
        await device.appear()
        for second in (0, 0, 1, 0, 1):
            await device.emit(fix_at(second))
        await device.emit(fix_at(2))
        await until(lambda: len(fixes) >= 3, "three fixes")
    assert [fix.observed_ms for fix in fixes] == [fix_at(s).observed_ms for s in (0, 1, 2)]


async def test_a_date_that_cannot_be_is_refused(device: Device):
    async with heard(device.source) as fixes:
        await device.appear()
        await device.emit(fix_at(0, observed_ms=1_050_000_000_000))
        await device.emit(fix_at(1))
        await until(lambda: len(fixes) == 1, "the plausible fix")
    assert fixes[0].observed_ms == fix_at(1).observed_ms
    assert device.source.counters().rejected["date_implausible"] >= 1


async def test_noise_is_survived_and_counted(device: Device):
    async with heard(device.source) as fixes:
        await device.appear()
        await device.noise()
        await device.emit(fix_at(0))
        await until(lambda: len(fixes) == 1, "the fix after the noise")
    counters = device.source.counters()
    assert sum(counters.rejected.values()) >= 2
    assert counters.sentences == (
        counters.used + counters.ignored + sum(counters.rejected.values()) + counters.undecided
    )


async def test_a_device_that_goes_away_and_comes_back_is_said_once_each_time(
    device: Device, caplog: pytest.LogCaptureFixture
):
    async with heard(device.source) as fixes:
        await until(lambda: "position=down" in caplog.text, "it is said that the device is absent")
        await device.appear()
        await device.emit(fix_at(0))
        await until(lambda: len(fixes) == 1, "the first fix")
        await device.vanish()
        await until(lambda: not device.source.counters().connected, "the loss is noticed")
        await device.appear()
        await device.emit(fix_at(1))
        await until(lambda: len(fixes) == 2, "the fix after the return")
    said = [record.getMessage() for record in caplog.records if "position=" in record.getMessage()]
    assert sum("works again" in line for line in said) == 2
    assert len(said) <= 6, said


async def test_an_absent_device_is_one_sentence_with_what_to_do(
    device: Device, caplog: pytest.LogCaptureFixture
):
    async with heard(device.source):
        await until(lambda: "position=down" in caplog.text, "it is said that the device is absent")
    [line] = [record.getMessage() for record in caplog.records]
    assert "plug the receiver in" in line or "systemctl start gpsd" in line

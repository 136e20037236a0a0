from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from contract.clock import ManualClock, SystemClock
from edge.drivers import serial_line
from edge.drivers.nmea_fake import FakeReceiver, Fault
from edge.drivers.nmea_render import void
from edge.drivers.nmea_sentence import sealed
from edge.drivers.nmea_serial import NmeaSerialSource
from edge.drivers.plausible_dates import REPLAY_DATES
from tests.drivers.listening import START_MS, fix_at, heard, repeatable, until


def source_of(receiver: FakeReceiver, clock=None) -> NmeaSerialSource:
    return NmeaSerialSource(receiver.port, 9600, clock or SystemClock(), repeatable())


async def test_faulty_bursts_are_counted_by_reason_and_harm_nothing(tmp_path: Path):
    journal = tmp_path / "journal"
    with FakeReceiver(journal=journal) as receiver:
        source = source_of(receiver)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            await receiver.emit(fix_at(0))
            await receiver.emit(fix_at(1), Fault.BAD_CHECKSUM)
            await receiver.emit(fix_at(2), Fault.CUT)
            await receiver.emit(fix_at(3), Fault.JUNK)
            await receiver.send(void(START_MS + 4_000))
            await receiver.emit(fix_at(5))
            await until(lambda: len(fixes) == 3, "the sound fixes")
    counters = source.counters()
    assert counters.rejected == {"checksum_missing": 1, "checksum_wrong": 2, "void": 2}
    assert counters.noise_bytes > 200
    assert len(journal.read_text().splitlines()) == 3


async def test_an_epoch_without_gga_is_told_when_the_line_is_quiet():
    with FakeReceiver() as receiver:
        source = source_of(receiver)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            await receiver.send(sealed("GPRMC,120000.00,A,4404.1,N,00318.8,E,1.0,90.0,010926,,,A"))
            await until(lambda: len(fixes) == 1, "the fix, with no byte after it")


async def test_bytes_come_at_the_speed_of_the_line():
    clock = ManualClock()
    with FakeReceiver(baud=4800, clock=clock) as receiver:
        source = source_of(receiver)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            emission = asyncio.create_task(receiver.emit(fix_at(0)))
            await clock.advance(0.1)
            assert not emission.done()
            await clock.advance(1.0)
            await emission
            await until(lambda: len(fixes) == 1, "the fix")


async def test_a_wrong_speed_is_one_sentence_and_heals(caplog: pytest.LogCaptureFixture):
    clock = ManualClock()
    with FakeReceiver() as receiver:
        source = source_of(receiver, clock)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            for turn in range(30):
                await receiver.send(b"\x9a\xe2\x00\xf8" * 20)
                sent = receiver.bytes_sent
                await until(lambda sent=sent: source.counters().bytes_received == sent, f"{turn}")
                await clock.advance(1.0)
            [line] = [record.getMessage() for record in caplog.records]
            assert receiver.port in line
            assert "at 9600 baud" in line
            assert "set [position] baud to one of 4800, 38400, 115200" in line
            await receiver.emit(fix_at(0))
            await until(lambda: len(fixes) == 1, "the fix after the noise")
    assert [record.getMessage() for record in caplog.records][1].endswith("works again")


async def test_a_dead_line_is_one_sentence(caplog: pytest.LogCaptureFixture):
    clock = ManualClock()
    with FakeReceiver() as receiver:
        source = source_of(receiver, clock)
        async with heard(source):
            await until(lambda: source.counters().connected, "the port is open")
            for _ in range(4):
                await clock.advance(40.0)
    [line] = [record.getMessage() for record in caplog.records]
    assert "not a byte from" in line
    assert "TX goes to our RX" in line


async def test_a_port_in_use_is_one_sentence(caplog: pytest.LogCaptureFixture):
    with FakeReceiver() as receiver:
        taken = os.open(receiver.port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        source = source_of(receiver)
        async with heard(source):
            await until(lambda: bool(caplog.records), "it is said")
            assert "is used by another program" in caplog.records[0].getMessage()
            os.close(taken)
            await until(lambda: source.counters().connected, "the port is free again")


async def test_a_path_that_is_no_port_is_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "gps").write_text("")
    source = NmeaSerialSource(str(tmp_path / "gps"), 9600, SystemClock(), repeatable())
    async with heard(source):
        await until(lambda: bool(caplog.records), "it is said")
    assert "cannot be used as a serial port" in caplog.records[0].getMessage()


async def test_a_forbidden_port_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refuse(*args: object, **options: object):
        raise PermissionError(13, "Permission denied")

    with FakeReceiver() as receiver:
        monkeypatch.setattr(serial_line.serial, "Serial", refuse)
        source = source_of(receiver)
        async with heard(source):
            await until(lambda: bool(caplog.records), "it is said")
    assert "usermod -aG dialout" in caplog.records[0].getMessage()


async def test_a_flood_is_taken_whole_and_memory_is_bounded():
    with FakeReceiver() as receiver:
        source = NmeaSerialSource(receiver.port, 115200, SystemClock(), repeatable(), REPLAY_DATES)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            flood = b"".join(
                sealed(f"GPRMC,12{i // 60:02d}{i % 60:02d},A,4404.1,N,00318.8,E,1,9,010926,,,A")
                for i in range(3_000)
            )
            await receiver.send(flood)
            await until(lambda: len(fixes) == 3_000, "every fix of the flood")


async def test_an_undated_epoch_waits_and_a_dead_line_is_still_said(
    caplog: pytest.LogCaptureFixture,
):
    clock = ManualClock()
    with FakeReceiver() as receiver:
        source = source_of(receiver, clock)
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "the port is open")
            await receiver.send(sealed("GPGGA,120000.00,4404.1,N,00318.8,E,1,08,1.0,9,M,9,M,,"))
            await until(lambda: source.counters().undecided == 1, "the GGA is read")
            for _ in range(4):
                await clock.advance(40.0)
            assert "not a byte from" in caplog.text
            await receiver.send(sealed("GPRMC,120000.00,A,4404.1,N,00318.8,E,1.0,90.0,010926,,,A"))
            await until(lambda: len(fixes) == 1, "the fix, dated at last")
    assert source.counters().rejected == {}

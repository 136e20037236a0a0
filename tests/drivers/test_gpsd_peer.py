"""The real gpsd as an independent judge: of our fake receiver, and of our reading of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.gpsd import GpsdSource
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.plausible_dates import DAY_MS, REPLAY_DATES, ROLLOVER_DAYS
from tests.drivers.listening import fix_at, heard, repeatable, until
from tests.peers.ports import free_port
from tests.peers.server_process import ServerProcess, binary_or_skip
from tests.replay.recordings import NMEA, needs_recordings
from tests.replay.second_reader import read_recording

NEAR_DEG = 1e-6
ROLLOVER_MS = ROLLOVER_DAYS * DAY_MS


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def receiver() -> Iterator[FakeReceiver]:
    with FakeReceiver() as fake:
        os.chmod(fake.port, 0o666)  # noqa: PTH101, S103 - gpsd gives up root before it opens it
        yield fake


async def emit_until(receiver: FakeReceiver, fixes: list, count: int, start: int) -> int:
    """Emit an epoch each time gpsd has had a moment for the last; returns the next second."""
    second = start
    while len(fixes) < count:
        assert second < start + 400, "gpsd reports nothing of 400 epochs"
        await receiver.emit(fix_at(second))
        await SystemClock().sleep(0.01)
        second += 1
    return second


async def test_gpsd_understands_the_fake_receiver_and_we_understand_gpsd(receiver, tmp_path: Path):
    gpsd = binary_or_skip("gpsd", "gpsd")
    port = free_port()
    arguments = [gpsd, "-N", "-n", "-b", "-S", str(port), receiver.port]
    server = ServerProcess(lambda: arguments, tmp_path / "gpsd.log", lambda: answers(port))
    source = GpsdSource("127.0.0.1", port, SystemClock(), repeatable())
    server.start()
    try:
        async with heard(source) as fixes:
            await until(lambda: source.counters().connected, "gpsd answers")
            second = await emit_until(receiver, fixes, 10, 0)
            os.kill(server.pid, signal.SIGKILL)
            await until(lambda: not source.counters().connected, "the loss is noticed")
            before = len(fixes)
            server.start()
            await until(lambda: source.counters().connected, "gpsd is back")
            second = await emit_until(receiver, fixes, before + 10, second)
    finally:
        server.stop()
    sent = {fix.observed_ms: fix for fix in map(fix_at, range(second))}
    for fix in fixes:
        assert fix.latitude == pytest.approx(sent[fix.observed_ms].latitude, abs=NEAR_DEG)
        assert fix.longitude == pytest.approx(sent[fix.observed_ms].longitude, abs=NEAR_DEG)
    assert len({fix.observed_ms for fix in fixes}) == len(fixes)


@needs_recordings
@pytest.mark.parametrize("name", ["bu353s4.log", "nmea-rtk.log", "meinberg-gps164.log"])
async def test_a_recording_heard_through_gpsd_is_the_recording(name: str, tmp_path: Path):
    binary_or_skip("gpsd", "gpsd")
    gpsfake = binary_or_skip("gpsfake", "gpsd-clients")
    path = NMEA / "gpsd" / name
    told = {seen.observed_ms: seen.positions for seen in read_recording(path)}
    port = free_port()
    source = GpsdSource("127.0.0.1", port, SystemClock(), repeatable(), REPLAY_DATES)
    async with heard(source) as fixes:
        # gpsfake does not end by itself and may outlive its gpsd (hardware.md, section 4).
        player = await asyncio.create_subprocess_exec(
            *("timeout", "-k", "2", "20", gpsfake, "-q", "-c", "0.01"),
            *("-P", str(port), str(path)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=tmp_path,
        )
        try:
            await until(lambda: len(fixes) >= len(told) // 2, f"half of {len(told)} fixes")
        finally:
            player.terminate()
            await player.wait()
    for fix in fixes:
        # gpsd moves dates it thinks too old by 1024 weeks: its guess, not the receiver's word.
        moment = fix.observed_ms if fix.observed_ms in told else fix.observed_ms - ROLLOVER_MS
        latitude, longitude = told[moment][0]
        assert fix.latitude == pytest.approx(latitude, abs=NEAR_DEG)
        assert fix.longitude == pytest.approx(longitude, abs=NEAR_DEG)

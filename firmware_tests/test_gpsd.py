"""The real gpsd on the emulated receiver, asked by gpspipe; our drivers on a real receiver.

What our own gpsd driver makes of a real gpsd, and of gpsfake's recordings, is held in
tests/drivers/test_gpsd_peer.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import aclosing, closing
from datetime import datetime

import pytest

from contract.clock import SystemClock
from edge.drivers.nmea_fake import Fault
from edge.drivers.nmea_serial import NmeaSerialSource
from edge.drivers.position_source import Fix
from firmware_tests.peers import needs, path_of
from firmware_tests.rig import section
from firmware_tests.waiting import repeatable, until
from simulator.devices.gps_receiver import GpsReceiver

CLOCK = SystemClock()
START_MS = 1_790_000_000_000
NEAR_DEG = 1e-7
NEAR_M_S = 0.01
FIXES_WANTED = 8


def fix_at(second: int) -> Fix:
    return Fix(
        observed_ms=START_MS + second * 1_000,
        latitude=44.5 + second / 10_000,
        longitude=3.5 - second / 20_000,
        speed_m_s=10.0 + second / 10,
        course_deg=45.0,
        satellites=9,
    )


@pytest.fixture
def receiver():
    made = GpsReceiver(CLOCK, baud=38_400, period_s=0.15)
    os.chmod(made.port, 0o666)  # noqa: PTH101, S103 - gpsd gives up root before it opens it
    yield made
    made.close()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@needs("gpsd", "gpspipe")
async def test_gpsd_tells_what_the_receiver_told_and_nothing_of_its_faults(receiver):
    port = free_port()
    gpsd = await asyncio.create_subprocess_exec(
        path_of("gpsd"), "-N", "-n", "-b", "-S", str(port), receiver.port,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    listener, reports = None, []
    try:
        await until(lambda: answers(port), "gpsd answers")
        listener = await asyncio.create_subprocess_exec(
            path_of("gpspipe"), "-w", f"127.0.0.1:{port}", stdout=asyncio.subprocess.PIPE
        )
        listening = asyncio.create_task(_listen(listener.stdout, reports))
        await receiver.search(START_MS - n * 1_000 for n in (3, 2, 1))
        faults = {20: Fault.BAD_CHECKSUM, 22: Fault.CUT, 24: Fault.JUNK}
        await receiver.drive((fix_at(second) for second in range(40)), faults)
        await until(lambda: len(_timed(reports)) >= FIXES_WANTED, "fixes with a time")
    finally:
        for child in (listener, gpsd):
            if child is not None:
                child.kill()
                await child.wait()
        await listening
    told = {fix.observed_ms: fix for fix in receiver.told}
    for report in _timed(reports):
        fix = told[round(datetime.fromisoformat(report["time"]).timestamp() * 1_000)]
        assert report["lat"] == pytest.approx(fix.latitude, abs=NEAR_DEG)
        assert report["lon"] == pytest.approx(fix.longitude, abs=NEAR_DEG)
        if "speed" in report:
            assert report["speed"] == pytest.approx(fix.speed_m_s, abs=NEAR_M_S)


async def _listen(stream: asyncio.StreamReader, reports: list[dict[str, object]]) -> None:
    async for line in stream:
        reports.append(json.loads(line))  # noqa: PERF401 - they are looked at as they come


def _timed(reports: list[dict[str, object]]) -> list[dict[str, object]]:
    return [r for r in reports if r["class"] == "TPV" and r.get("mode", 0) >= 2 and "time" in r]


async def test_a_real_receiver_tells_where_it_is_within_two_minutes(rig):
    wired = section(rig, "gps")
    source = NmeaSerialSource(wired.port, wired.baud, CLOCK, repeatable())
    async with aclosing(source.fixes()) as fixes:
        first = await asyncio.wait_for(anext(fixes), 120)
        second = await asyncio.wait_for(anext(fixes), 5)
    assert second.observed_ms > first.observed_ms
    assert abs(second.observed_ms - CLOCK.now_ms()) < 60_000, "the Pi's own clock is not set"
    counters = source.counters()
    assert counters.rejected.get("checksum_wrong", 0) <= counters.sentences // 100

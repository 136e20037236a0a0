"""The emulated access point against hostapd's own client; our reading of it against its truth."""

from __future__ import annotations

import asyncio
import random
import stat
from pathlib import Path

import pytest

from contract.clock import ManualClock, SystemClock
from edge.drivers.hostapd import HostapdSource
from edge.drivers.hostapd_stations import read_all_sta
from edge.drivers.iw_stations import IwSource
from edge.drivers.wifi_ledger import UsageLedger
from firmware_tests.peers import needs, path_of
from firmware_tests.rig import section
from firmware_tests.waiting import repeatable, until
from simulator.devices.access_point import AccessPoint

LOOK_S = 30


@pytest.fixture
async def point(tmp_path: Path):
    made = AccessPoint(tmp_path, SystemClock(), repeatable())
    made.start()
    yield made
    made.stop()


async def hostapd_cli(point: AccessPoint, *words: str) -> str:
    """What hostapd's own client prints; it must end well."""
    asked = await asyncio.create_subprocess_exec(
        path_of("hostapd_cli"), "-p", str(point.path.parent), "-i", "wlan0", *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(asked.communicate(), 10)
    assert asked.returncode == 0, printed
    return printed.decode()


@needs("hostapd's client")
async def test_hostapd_cli_finds_it_and_lists_its_phones(point):
    assert "PONG" in await hostapd_cli(point, "ping")
    assert read_all_sta(await hostapd_cli(point, "all_sta")) == []
    phones = [point.join() for _ in range(3)]
    point.use(phones[1], 5_000, 70_000)
    listed = read_all_sta(await hostapd_cli(point, "all_sta"))
    assert [station.mac for station in listed] == phones
    assert (listed[1].received_bytes, listed[1].sent_bytes) == (5_000, 70_000)
    assert all(station.authorized for station in listed)
    [one] = read_all_sta(await hostapd_cli(point, "sta", phones[2]))
    assert one.mac == phones[2]
    assert "FAIL" in await hostapd_cli(point, "sta", "02:00:00:00:00:00")


@needs("hostapd's client")
async def test_hostapd_cli_puts_a_phone_out_and_hears_of_comings_and_goings(point, tmp_path):
    told = tmp_path / "told"
    script = tmp_path / "action"
    script.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    listener = await asyncio.create_subprocess_exec(
        path_of("hostapd_cli"), "-p", str(tmp_path), "-i", "wlan0", "-a", str(script),
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(lambda: bool(point.hostapd.listeners), "hostapd_cli has attached itself")
        phone = point.join()
        assert "OK" in await hostapd_cli(point, "deauthenticate", phone)
        wanted = [f"wlan0 AP-STA-CONNECTED {phone}", f"wlan0 AP-STA-DISCONNECTED {phone}"]
        await until(
            lambda: told.exists() and told.read_text().splitlines() == wanted, "both are told"
        )
    finally:
        listener.terminate()
        await listener.wait()
    [listed] = read_all_sta(await hostapd_cli(point, "all_sta"))
    assert not listed.authorized


@pytest.mark.parametrize("way", ["hostapd", "iw"])
@pytest.mark.parametrize("seed", range(3))
async def test_what_is_counted_is_what_was_used(tmp_path, way, seed):
    """Half an hour of a village square; who comes or goes between two looks is still counted."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    clock = ManualClock()
    point = AccessPoint(tmp_path, clock, chance)
    point.start()
    real = SystemClock()
    source = (
        HostapdSource(str(point.path), real)
        if way == "hostapd"
        else IwSource("wlan0", real, point.command)
    )
    ledger = UsageLedger(bytes(32))
    ledger.look(await source.stations(), clock.monotonic_s())
    for _ in range(40):
        doing = chance.choice(["join", "use", "use", "roam", "leave"])
        moment_s = chance.randrange(LOOK_S)
        await clock.advance(moment_s)
        if doing == "join" or not point.present:
            point.join()
        phone = chance.choice(point.present)
        if doing == "roam":
            point.roam(phone)
        for one in point.present:
            point.use(one, chance.randrange(10**6), chance.randrange(10**8))
        await clock.advance(LOOK_S - moment_s)
        point.refresh()
        ledger.look(await source.stations(), clock.monotonic_s())
        if doing == "leave":
            point.leave(phone)
    totals = ledger.close()
    await source.close()
    point.stop()
    assert totals.stations == point.truth.most_at_once
    for counted, truly in (
        (totals.received_bytes, point.truth.received_bytes),
        (totals.sent_bytes, point.truth.sent_bytes),
    ):
        # A phone that roams just after a look and uses less than before is seen as one that
        # used the difference: low, never high.
        assert 0.95 * truly <= counted <= truly


async def test_a_real_access_point_tells_the_same_by_hostapd_and_by_iw(rig):
    wired = section(rig, "wifi")
    hostapd = HostapdSource(wired.hostapd, SystemClock())
    by_socket = await hostapd.stations()
    by_iw = await IwSource(wired.interface, SystemClock()).stations()
    await hostapd.close()
    authorized = {station.mac for station in by_socket if station.authorized}
    assert authorized
    assert authorized == {station.mac for station in by_iw if station.authorized}
    assert all(station.received_bytes for station in by_iw)

"""A real hostapd and a real station in a network of their own, and our driver between them.

Run as `unshare -n python -m firmware_tests.hostapd_scene DIRECTORY`; prints what was seen as one
JSON object. There is no radio: hostapd's driver is "wired" and the station proves itself by EAP
over a pair of virtual cables. Bytes and signal are therefore not told.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.clock import SystemClock
from edge.drivers.errors import AccessPointUnavailable
from edge.drivers.hostapd import HostapdSource
from edge.drivers.hostapd_stations import read_all_sta
from edge.drivers.wifi_usage import WifiUsage
from firmware_tests.peers import path_of
from firmware_tests.waiting import until

ACCESS_POINT = """interface=veth0
driver=wired
ctrl_interface={directory}/hostapd
ieee8021x=1
use_pae_group_addr=0
eap_server=1
eap_user_file={directory}/users
"""
STATION = """ctrl_interface={directory}/station
ap_scan=0
network={{
    key_mgmt=IEEE8021X
    eap=MD5
    identity="somebody"
    password="{password}"
}}
"""


PHONE = "02:00:00:00:00:01"


class Scene:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "hostapd" / "veth0"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def lay_cables(self) -> None:
        for line in (
            "link set lo up",
            f"link add veth0 type veth peer name veth1 address {PHONE}",
            "link set veth0 up",
            "link set veth1 up",
        ):
            subprocess.run([path_of("ip") or "ip", *line.split()], check=True)

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def start(self, what: str, *arguments: str) -> None:
        log = (self.directory / f"{what}.log").open("ab")
        self._running[what] = subprocess.Popen(
            [path_of(what) or what, *arguments], stdout=log, stderr=log
        )

    def start_hostapd(self) -> None:
        self.write("users", '"somebody" MD5 "right"\n')
        self.start(
            "hostapd", str(self.write("ap.conf", ACCESS_POINT.format(directory=self.directory)))
        )

    def start_station(self, password: str) -> None:
        text = STATION.format(directory=self.directory, password=password)
        config = self.write("station.conf", text)
        self.start("wpa_supplicant", "-D", "wired", "-i", "veth1", "-c", str(config))

    def stop(self, what: str) -> None:
        process = self._running.pop(what)
        process.kill()
        process.wait()

    def stop_all(self) -> None:
        for what in list(self._running):
            self.stop(what)

    def client(self, *words: str) -> str:
        command = [path_of("hostapd_cli") or "", "-p", str(self.path.parent), "-i", "veth0", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def played(scene: Scene) -> dict[str, Any]:
    """Nobody; a wrong password; hostapd gone and back; the right password; put out."""
    clock = SystemClock()
    source = HostapdSource(str(scene.path), clock)
    woken: list[float] = []
    source.on_change(lambda: woken.append(clock.monotonic_s()))
    seen: dict[str, Any] = {"mac": PHONE}
    scene.start_hostapd()
    await until(scene.path.exists, "hostapd's socket")
    seen["nobody"] = len(await source.stations())
    scene.start_station("wrong")
    await _until_listed(source, lambda stations: len(stations) == 1)
    await clock.sleep(0.5)
    seen["guessing"] = [station.authorized for station in await source.stations()]
    scene.stop("wpa_supplicant")
    scene.stop("hostapd")  # which would not listen to the station for a minute now
    try:
        await source.stations()
    except AccessPointUnavailable as error:
        seen["gone"] = str(error)
    scene.start_hostapd()
    await _until_listed(source, lambda _: True)
    woken.clear()
    scene.start_station("right")
    await until(lambda: bool(woken), "AP-STA-CONNECTED")
    stations = await source.stations()
    seen["there"] = [(station.mac, station.authorized) for station in stations]
    seen["agrees_with_its_client"] = stations == read_all_sta(scene.client("all_sta"))
    seen["usage"] = await _one_interval(scene, clock)
    scene.stop("wpa_supplicant")
    woken.clear()
    scene.client("deauthenticate", PHONE)
    await until(lambda: bool(woken), "AP-STA-DISCONNECTED")
    seen["put_out"] = [station.authorized for station in await source.stations()]
    await source.close()
    return seen


async def _one_interval(scene: Scene, clock: SystemClock) -> list[Any]:
    usage = WifiUsage([HostapdSource(str(scene.path), clock)], clock, bytes(32), interval_s=0.3)
    intervals = usage.usage()
    first = await anext(intervals)
    await intervals.aclose()
    return [first.stations, first.received_bytes, first.sent_bytes]


async def _until_listed(source: HostapdSource, wanted: Callable[[list[Any]], bool]) -> None:
    clock = SystemClock()
    for _ in range(300):
        try:
            if wanted(await source.stations()):
                return
        except AccessPointUnavailable:
            pass
        await clock.sleep(0.05)
    raise AssertionError("waited 15 s for hostapd to list what it should")


def main() -> None:
    scene = Scene(Path(sys.argv[1]))
    scene.lay_cables()
    try:
        print(json.dumps(asyncio.run(played(scene))))  # noqa: T201 - the test reads it
    finally:
        scene.stop_all()


if __name__ == "__main__":
    main()

"""A space: a counted door, radar and PIR, wifi, a locker, a reader with a village's rights."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.edge.surroundings import (
    Happening,
    Surroundings,
    cards_for,
    one_in_one_out_a_minute,
    tapped_once_a_minute,
)
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.hostapd_fake import FakeHostapd
from edge.drivers.ld2410_fake import SITTING, FakeRadar
from edge.drivers.wifi_station import Station
from simulator.devices.pn532 import Pn532

RIGHTS = 500
_OUTER, _INNER, _LOCKER_DOOR, _EQUIPMENT = 5, 6, 7, 8
_REPORT_EVERY_S = 0.1

_CONFIG = """\
[occupancy]
capacity = 12
seats = 10
[lines]
chip = "{chip}"
[lines.inputs]
outer = {{ offset = 5 }}
inner = {{ offset = 6 }}
locker-door = {{ offset = 7, pull = "up", active_low = true, debounce_ms = 5 }}
locker-there = {{ offset = 8, pull = "up", active_low = true }}
pir = {{ offset = 9 }}
[lines.outputs]
strike = {{ offset = 20 }}
green = {{ offset = 21 }}
[[doors]]
name = "front"
outer = "outer"
inner = "inner"
[[presence]]
name = "radar"
kind = "ld2410"
port = "{radar}"
[[presence]]
name = "corner"
kind = "pir"
line = "pir"
[wifi]
hostapd = ["{hostapd}"]
[[lockers]]
name = "locker-3"
strike = "strike"
contact = "locker-door"
equipment = "locker-there"
[[readers]]
name = "hall"
port = "{reader}"
lockers = ["locker-3"]
"""


@contextmanager
def space(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """Writes the configuration; yields what goes on in the space."""
    hostapd = FakeHostapd(around.sockets / "wlan0")
    hostapd.start()
    try:
        with (
            FakeRadar(around.home / "radar") as radar,
            FakeChip(around.sockets / "chip") as chip,
            Pn532(link=around.home / "reader") as reader,
        ):
            chip.drive(_LOCKER_DOOR, 0)
            chip.drive(_EQUIPMENT, 0)
            hostapd.connect(Station("02:00:00:00:00:02", True, 1_000, 2_000))
            held = cards_for(around, RIGHTS)
            devices = _CONFIG.format(
                chip=chip.name, radar=radar.port, hostapd=hostapd.path, reader=reader.port
            )
            (around.home / "agent.toml").write_text(around.common("space/bench") + devices)
            yield [
                lambda: _reported(radar),
                lambda: one_in_one_out_a_minute(chip, _OUTER, _INNER),
                lambda: tapped_once_a_minute(reader, held),
            ]
    finally:
        hostapd.stop()


async def _reported(radar: FakeRadar) -> None:
    """As often as the real one speaks."""
    while True:
        radar.report(SITTING)
        await asyncio.sleep(_REPORT_EVERY_S)

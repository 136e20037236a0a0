"""A bus: at 1 Hz or parked, bare or with all that it may carry."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.edge.surroundings import (
    Happening,
    Surroundings,
    cards_for,
    one_in_one_out_a_minute,
    tapped_once_a_minute,
)
from benchmarks.server_files import free_port
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.position_source import Fix
from simulator.devices.pn532 import Pn532

RIDERS_RIGHTS = 60
"""A day of a small bus."""
_KEY, _OUTER, _INNER = 0, 3, 4
_METRES_PER_DEGREE = 111_320.0

_POSITION = """\
[position]
source = "nmea"
port = "{tty}"
baud = 9600
"""
_EQUIPMENT = """\
[identity]
directory = "identity"
[lines]
chip = "{chip}"
[lines.inputs]
key = {{ offset = 0 }}
sos = {{ offset = 1 }}
alone = {{ offset = 2 }}
outer = {{ offset = 3 }}
inner = {{ offset = 4 }}
contact = {{ offset = 5 }}
[ignition]
[sos]
line = "sos"
[lone_worker]
[[doors]]
name = "front"
outer = "outer"
inner = "inner"
contact = "contact"
[passengers]
seats = 22
[reader]
port = "{reader}"
[cab]
port = {cab}
"""


@contextmanager
def moving(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """Writes the configuration; yields what goes on around the bus."""
    with _bare(around, is_moving=True) as happenings:
        yield happenings


@contextmanager
def parked(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """As `moving`, at rest."""
    with _bare(around, is_moving=False) as happenings:
        yield happenings


@contextmanager
def equipped(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """As `moving`, with counters, cab, reader, SOS and ignition."""
    with (
        FakeReceiver(baud=9600) as receiver,
        FakeChip(around.sockets / "chip") as chip,
        Pn532(link=around.home / "reader") as reader,
    ):
        chip.drive(_KEY, 1)
        around.write_identity()
        held = cards_for(around, RIDERS_RIGHTS)
        equipment = _EQUIPMENT.format(chip=chip.name, reader=reader.port, cab=free_port())
        _write(around, receiver, equipment)
        yield [
            lambda: _drive(receiver, is_moving=True),
            lambda: one_in_one_out_a_minute(chip, _OUTER, _INNER),
            lambda: tapped_once_a_minute(reader, held),
        ]


@contextmanager
def _bare(around: Surroundings, *, is_moving: bool) -> Iterator[Sequence[Happening]]:
    with FakeReceiver(baud=9600) as receiver:
        _write(around, receiver, "")
        yield [lambda: _drive(receiver, is_moving=is_moving)]


def _write(around: Surroundings, receiver: FakeReceiver, equipment: str) -> None:
    config = around.common(f"bus/{around.name.replace('_', '-')}")
    position = _POSITION.format(tty=receiver.port)
    (around.home / "agent.toml").write_text(config + position + equipment)


async def _drive(receiver: FakeReceiver, *, is_moving: bool) -> None:
    """One fix a second: along a road at 14 m/s with bends, or standing with receiver noise."""
    start = time.time()
    for second in range(1_000_000):
        now_s = start + second
        await asyncio.sleep(max(now_s - time.time(), 0.0))
        along_m = 14.0 * second if is_moving else 0.0
        noise_m = math.sin(second * 1.7) * 0.8
        course_deg = (90 + 30 * math.sin(second / 60)) % 360
        await receiver.emit(
            Fix(
                observed_ms=int(now_s) * 1_000,
                latitude=44.5 + noise_m / _METRES_PER_DEGREE,
                longitude=3.5 + (along_m + noise_m) / (_METRES_PER_DEGREE * 0.71),
                speed_m_s=14.0 if is_moving else 0.1,
                course_deg=course_deg,
                accuracy_m=3.0,
                fix_quality=1,
                satellites=9,
                boot_ms=0,
            )
        )

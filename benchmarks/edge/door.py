"""A door with many rights, at which a card is held once a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.edge.surroundings import (
    Happening,
    Surroundings,
    cards_for,
    tapped_once_a_minute,
)
from edge.drivers.gpio_fake import FakeChip
from simulator.devices.pn532 import Pn532

_CONFIG = """\
[lines]
chip = "{chip}"
[lines.outputs.relay]
offset = 27
[reader]
port = "{reader}"
"""


@contextmanager
def of_a_village(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """Writes the configuration; yields what goes on at the door."""
    with _door(around, 500) as happenings:
        yield happenings


@contextmanager
def of_a_territory(around: Surroundings) -> Iterator[Sequence[Happening]]:
    """As `of_a_village`, with ten thousand rights."""
    with _door(around, 10_000) as happenings:
        yield happenings


@contextmanager
def _door(around: Surroundings, rights: int) -> Iterator[Sequence[Happening]]:
    with (
        FakeChip(around.sockets / "chip") as chip,
        Pn532(link=around.home / "reader") as reader,
    ):
        held = cards_for(around, rights)
        devices = _CONFIG.format(chip=chip.name, reader=reader.port)
        unit = f"reader/{around.name.replace('_', '-')}"
        (around.home / "agent.toml").write_text(
            around.common(unit) + devices + f'[copass]\ndirectory = "{around.home}/copass"\n'
        )
        yield [lambda: tapped_once_a_minute(reader, held)]

"""The agents that are measured, and what each must stay below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks.edge import bus, door
from benchmarks.edge.metering import Limits
from benchmarks.edge.space import space
from benchmarks.edge.surroundings import Happening, Surroundings


@dataclass(frozen=True, slots=True)
class Subject:
    """`softplace agent KIND` with `surround` around it."""

    name: str
    kind: str
    surround: Callable[[Surroundings], AbstractContextManager[Sequence[Happening]]]
    limits: Limits


# Bytes written wear the card out: one of 32 GB bears about 15 TB. 40 MB/h are 350 GB a year, a
# position and its confirmation each second; doors and taps of an equipped bus must fit into the
# same. Nothing but heartbeats happens at a parked one, about 1 MB/h. A tap was measured at about
# 10 kB (a synced journal entry, its outbox rows): 4 MB/h leave room for 300 an hour. In a space
# each minute has two counts and a reading of the wifi besides, about twice a door's.
SUBJECTS = (
    Subject("moving", "bus", bus.moving, Limits(written_mb_per_h=40.0)),
    Subject("parked", "bus", bus.parked, Limits(written_mb_per_h=2.0)),
    Subject("bus_equipped", "bus", bus.equipped, Limits(written_mb_per_h=40.0)),
    Subject("space", "space", space, Limits(written_mb_per_h=6.0)),
    Subject("door", "reader", door.of_a_village, Limits(written_mb_per_h=4.0)),
    Subject("door_10000", "reader", door.of_a_territory, Limits(written_mb_per_h=4.0)),
)

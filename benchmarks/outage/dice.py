"""Who dies next, and where: seeded, and steered so that every target gets its share.

Rules of this file: pure; the same seed and the same course of events give the same choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from benchmarks.outage.tally import AGENT, BROKER, INFLUXD, INGEST, LINK
from contract.crash_points import (
    ACKNOWLEDGED_NOT_CONFIRMED,
    CONFIRMED_NOT_FORGOTTEN,
    JOURNALLED_NOT_OPENED,
    ROW_WRITTEN_NOT_SYNCED,
    STORED_NOT_ACKNOWLEDGED,
)

SHARES: Mapping[str, float] = {
    AGENT: 0.285,
    INGEST: 0.250,
    BROKER: 0.155,
    INFLUXD: 0.155,
    LINK: 0.155,
}
"""Of all deaths. Every target at least 15 %; agents and ingest, the only programs with named
crash points, more than half."""
POINT_SHARE = 0.512
"""Of all deaths that are at a named point; what is above it may die at random."""

DOOR = "door"
"""An agent of another kind: its deaths count as an agent's, its crash points are its own."""

_POINTS = {
    DOOR: {ROW_WRITTEN_NOT_SYNCED: 8, CONFIRMED_NOT_FORGOTTEN: 12, JOURNALLED_NOT_OPENED: 12},
    AGENT: {ROW_WRITTEN_NOT_SYNCED: 24, CONFIRMED_NOT_FORGOTTEN: 40},
    INGEST: {STORED_NOT_ACKNOWLEDGED: 40, ACKNOWLEDGED_NOT_CONFIRMED: 40},
}
"""How often a life may pass the point before it dies there, at most."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a program is to end: at a named point, or after a time."""

    point: str | None
    count: int
    seconds: float
    """Of a life without a point; with one, the time after which it is killed anyway."""


class Dice:
    """The choices of one seed."""

    def __init__(self, seed: int, skip: int = 0) -> None:
        """`skip` is the number of deaths that earlier runs with this seed have had."""
        self.seed = seed
        self._name = f"{seed}/{skip}"
        self._lives: dict[str, Random] = {}
        self._groups = _random(f"{self._name}/groups")

    def life(
        self,
        target: str,
        name: str,
        seconds: float,
        counts: Mapping[str, int],
        points: int,
        kind: str | None = None,
    ) -> Life:
        """The next life of an agent or the ingest, shorter where its kind dies too rarely.

        `kind` is DOOR for a program with the crash points of a door.
        """
        random = self._lives.setdefault(name, _random(f"{self._name}/{name}"))
        total = sum(counts.values()) + 1
        point, most = random.choice(sorted(_POINTS[kind or target].items()))
        armed = points < POINT_SHARE * total or random.random() < 0.5
        due = (counts.get(target, 0) + 1) / (SHARES[target] * total + 1)
        count = random.randint(1, max(1, round(most * min(max(due, 0.3), 1.5))))
        length_s = random.uniform(0.5, 1.5) * seconds
        return Life(point if armed else None, count, 3 * seconds if armed else length_s)

    def companions(self, counts: Mapping[str, int]) -> list[str]:
        """Who dies in the same moment as a program that has just died at its point."""
        owed = self.owed(counts)
        return [target for target in owed if self._groups.random() < 0.55]

    def owed(self, counts: Mapping[str, int]) -> list[str]:
        """Targets without crash points that have had less than their share so far."""
        total = sum(counts.values()) + 1
        return [
            target
            for target in (BROKER, INFLUXD, LINK)
            if counts.get(target, 0) < SHARES[target] * total
        ]

    def pause_s(self, most: float) -> float:
        """How long something stays dead or cut."""
        return self._groups.uniform(0.05, most)

    def one_of(self, names: list[str]) -> str:
        """A fair choice."""
        return self._groups.choice(names)

    def chance(self, probability: float) -> bool:
        """Whether an event of this probability happens now."""
        return self._groups.random() < probability


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - a test is to be repeatable, not secret

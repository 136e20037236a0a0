"""Where this vehicle is usually without network, and for how long.

Rules of this file: pure; `now_s` are seconds of any clock that never goes back. Places are cells
of about 500 m. A stretch without network counts when the vehicle came out of it elsewhere: one
that ends where it began was a fault of the network, not of the place. Each cell on the way
remembers how long it then still took, so the vehicle knows before it drives in. It holds places
and durations of its own trips, no dates; nothing of it leaves the vehicle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

CELL_DEG = 0.0045
"""500 m of latitude."""
KEPT_SAMPLES = 7
MOST_CELLS = 400
MOST_ON_THE_WAY = 200


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """What counts; seconds."""

    least_s: float = 30.0
    most_s: float = 7_200.0
    """A longer one is a breakdown, or a night."""
    margin_s: float = 300.0
    most_grace_s: float = 2_700.0
    least_samples: int = 2
    """Once is chance."""


def cell_of(latitude: float, longitude: float) -> str:
    """The cell of a place; cells are as wide as they are high at every latitude."""
    row = math.floor(latitude / CELL_DEG)
    return f"{row}:{math.floor(longitude / _width_deg(row))}"


def _width_deg(row: int) -> float:
    return CELL_DEG / max(math.cos(math.radians(row * CELL_DEG)), 0.01)


def around(latitude: float, longitude: float) -> list[str]:
    """The cell of a place and the eight beside it."""
    return [
        cell_of(latitude + north * CELL_DEG, longitude + east * CELL_DEG / _cosine(latitude))
        for north in (-1, 0, 1)
        for east in (-1, 0, 1)
    ]


def _cosine(latitude: float) -> float:
    return max(math.cos(math.radians(latitude)), 0.01)


class DeadZones:
    """What one vehicle has learned; `cells` are seconds by cell, least lately learned first."""

    def __init__(self, rules: ZoneRules, cells: dict[str, list[int]] | None = None) -> None:
        self.cells: dict[str, list[int]] = cells or {}
        self._rules = rules
        self._on_the_way: dict[str, float] | None = None
        """Cells since the link was lost, and when each was entered; None while it stands."""
        self._was_connected = False

    def see(self, now_s: float, latitude: float, longitude: float, *, connected: bool) -> bool:
        """The vehicle is here, with or without network; True where something was learned."""
        cell, lost = cell_of(latitude, longitude), self._on_the_way
        if connected:
            self._was_connected, self._on_the_way = True, None
            return lost is not None and self._learn(lost, cell, now_s)
        if lost is None and self._was_connected:
            # Without a link from the start of the program on, where it was lost is not known.
            lost = self._on_the_way = {}
        if lost is not None and len(lost) < MOST_ON_THE_WAY:
            lost.setdefault(cell, now_s)
        return False

    def grace_s(self, latitude: float, longitude: float) -> float:
        """How long this vehicle is usually without network from about here on; 0 if it is not."""
        rules = self._rules
        usual = [
            median(samples)
            for cell in around(latitude, longitude)
            if len(samples := self.cells.get(cell, ())) >= rules.least_samples
        ]
        return min(max(usual) + rules.margin_s, rules.most_grace_s) if usual else 0.0

    def _learn(self, lost: dict[str, float], came_out: str, now_s: float) -> bool:
        if not lost:
            return False
        began_s = min(lost.values())
        took_s = now_s - began_s
        if came_out in lost and len(lost) == 1:
            return False
        if not self._rules.least_s <= took_s <= self._rules.most_s:
            return False
        for cell, entered_s in lost.items():
            samples = self.cells.pop(cell, [])
            self.cells[cell] = [*samples, int(now_s - entered_s)][-KEPT_SAMPLES:]
        for cell in list(self.cells)[: max(len(self.cells) - MOST_CELLS, 0)]:
            del self.cells[cell]
        return True

"""The road network of the facts, and the shortest way through it.

Rules of this file: pure. The bends of a road depend only on the names of its two ends, so a bus,
a truck and the map agree on where the road is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from contract.territory_file import Stop
from simulator.geometry import Point, Way, bent, course_deg, way_of
from simulator.territories.gazetteer import JUNCTIONS
from simulator.territories.roads import ROADS, RoadKind

ROAD_FACTOR = {"main_road": 1.15, "road": 1.35}
"""Length of a way over its straight line, between neighbouring places."""
SPEED_M_S = {"main_road": 60 / 3.6, "road": 44 / 3.6}
"""Mean running speed of a bus, curves and villages included."""
PIECE_M = 520.0
DECIMALS = 5
DRAWINGS = 12


class Piece(NamedTuple):
    """The road between two neighbouring places."""

    kind: RoadKind
    way: Way

    @property
    def seconds(self) -> float:
        """Running time without stops."""
        return self.way.length_m / SPEED_M_S[self.kind]


class Network:
    """Places joined by roads."""

    def __init__(self, stops: Iterable[Stop]) -> None:
        self.places: dict[str, Point] = dict(JUNCTIONS)
        self.places |= {s.stop_id: (s.latitude, s.longitude) for s in stops}
        self._pieces: dict[tuple[str, str], Piece] = {}
        for road in ROADS:
            for start, end in pairwise(road.places):
                self._pieces[start, end] = self._drawn(road.kind, start, end)
                forth = self._pieces[start, end]
                self._pieces[end, start] = Piece(forth.kind, forth.way.backwards())

    def piece(self, start: str, end: str) -> Piece:
        """The road between two neighbours."""
        return self._pieces[start, end]

    def pieces_between(self, start: str, end: str) -> list[Piece]:
        """The quickest way, as pieces in order; ValueError where no road leads there."""
        queue: list[tuple[float, str, tuple[str, ...]]] = [(0.0, start, (start,))]
        done: set[str] = set()
        while queue:
            seconds, place, path = heapq.heappop(queue)
            if place == end:
                return [self._pieces[step] for step in pairwise(path)]
            if place in done:
                continue
            done.add(place)
            for (left, right), piece in self._pieces.items():
                if left == place and right not in done:
                    heapq.heappush(queue, (seconds + piece.seconds, right, (*path, right)))
        message = f"no road of the facts leads from {start} to {end}"
        raise ValueError(message)

    def way_through(self, stop_ids: Iterable[str]) -> Way:
        """The whole way through the stops, in order."""
        points: list[Point] = []
        for start, end in pairwise(stop_ids):
            for piece in self.pieces_between(start, end):
                points += piece.way.points
        return way_of(points)

    def seconds_between(self, start: str, end: str) -> float:
        """Running time of the quickest way."""
        return sum(piece.seconds for piece in self.pieces_between(start, end))

    def _drawn(self, kind: RoadKind, start: str, end: str) -> Piece:
        """Of a few drawings the one that leaves and arrives straightest: places are no hairpins."""
        ends = self.places[start], self.places[end]
        drawings = [
            # Ruff's S311: bends need no secret, they need to be the same each time.
            bent(*ends, ROAD_FACTOR[kind], Random(f"{start} {end} {n}"), PIECE_M)  # noqa: S311
            for n in range(DRAWINGS)
        ]
        line = min(drawings, key=_stray_deg)
        return Piece(kind, way_of((round(p[0], DECIMALS), round(p[1], DECIMALS)) for p in line))


def _stray_deg(line: Sequence[Point]) -> float:
    """How far the first and last step turn from the straight way, the worse of the two."""
    straight = course_deg(line[0], line[-1])
    steps = course_deg(line[0], line[1]), course_deg(line[-2], line[-1])
    return max(abs((step - straight + 180) % 360 - 180) for step in steps)

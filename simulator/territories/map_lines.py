"""The background of the map: outline, roads and rivers, schematic and small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from contract.territory_file import Commune, MapLine
from simulator.geometry import Point, bent, course_deg, distance_m, moved, simplified, smoothed
from simulator.territories.network import Network
from simulator.territories.roads import RIVERS, ROADS

OUTLINE_DIRECTIONS = 40
OUTLINE_MARGIN_M = 4_000.0
ROAD_TOLERANCE_M = 60.0
RIVER_FACTOR = 1.15


def map_lines(communes: Sequence[Commune], network: Network) -> tuple[MapLine, ...]:
    """Every line, in the order it is to be drawn."""
    lines = [MapLine(kind="outline", points=_rounded(outline(communes)))]
    for name, points in RIVERS.items():
        lines.append(MapLine(kind="river", points=_rounded(_river(name, points))))
    for kind in ("road", "main_road"):
        for road in ROADS:
            if road.kind != kind:
                continue
            way: list[Point] = []
            for start, end in pairwise(road.places):
                way += network.piece(start, end).way.points[1 if way else 0 :]
            lines.append(
                MapLine(kind=road.kind, points=_rounded(simplified(way, ROAD_TOLERANCE_M)))
            )
    return tuple(lines)


def outline(communes: Sequence[Commune]) -> list[Point]:
    """A smooth closed line some kilometres outside the outermost centre in each direction."""
    centres = [(c.latitude, c.longitude) for c in communes]
    middle = (sum(p[0] for p in centres) / len(centres), sum(p[1] for p in centres) / len(centres))
    seen = [(course_deg(middle, p), distance_m(middle, p)) for p in centres]
    step = 360 / OUTLINE_DIRECTIONS
    ring = []
    for number in range(OUTLINE_DIRECTIONS):
        course = number * step
        reach_m = max(d for c, d in seen if abs((c - course + 180) % 360 - 180) <= step)
        out_m = reach_m + OUTLINE_MARGIN_M
        angle = math.radians(course)
        ring.append(moved(middle, out_m * math.cos(angle), out_m * math.sin(angle)))
    return smoothed(ring)


def _river(name: str, points: Sequence[Point]) -> list[Point]:
    random = Random(f"lozere river {name}")  # noqa: S311  # bends need no secret
    line = [points[0]]
    for start, end in pairwise(points):
        line += bent(start, end, RIVER_FACTOR, random, 900.0)[1:]
    return simplified(line, ROAD_TOLERANCE_M)


def _rounded(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple((round(p[0], 4), round(p[1], 4)) for p in points)

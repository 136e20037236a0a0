"""Ways on the ground: lengths, places along a polyline, bends.

Rules of this file: pure; a point is (latitude, longitude) in degrees, WGS 84; lengths are metres
on a sphere, good to 0.5 %, which is far under the bends a schematic way leaves out.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

Point = tuple[float, float]

EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180.0
GENTLER = 0.55
"""Each round of bending adds this share of the length that the round before added."""
CORNERS_COST = 1.01


def distance_m(start: Point, end: Point) -> float:
    """Metres of the great circle (haversine)."""
    latitude = math.radians(end[0] - start[0]) / 2
    longitude = math.radians(end[1] - start[1]) / 2
    cosines = math.cos(math.radians(start[0])) * math.cos(math.radians(end[0]))
    chord = math.sin(latitude) ** 2 + cosines * math.sin(longitude) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(chord, 1.0)))


def course_deg(start: Point, end: Point) -> float:
    """Degrees clockwise from true north of the straight way, [0, 360)."""
    east = (end[1] - start[1]) * math.cos(math.radians((start[0] + end[0]) / 2))
    return math.degrees(math.atan2(east, end[0] - start[0])) % 360.0


def moved(point: Point, north_m: float, east_m: float) -> Point:
    """The point some metres north and east of `point`."""
    latitude = point[0] + north_m / METRES_PER_DEGREE
    scale = METRES_PER_DEGREE * math.cos(math.radians(point[0]))
    return latitude, point[1] + east_m / scale


@dataclass(frozen=True, slots=True)
class Way:
    """A polyline and the metres from its start to each of its points."""

    points: tuple[Point, ...]
    reached_m: tuple[float, ...]

    @property
    def length_m(self) -> float:
        """From the first point to the last."""
        return self.reached_m[-1]

    def at(self, along_m: float) -> tuple[Point, float]:
        """The point `along_m` metres from the start, and the course there in degrees."""
        if len(self.points) == 1:
            return self.points[0], 0.0
        index = min(max(bisect_right(self.reached_m, along_m) - 1, 0), len(self.points) - 2)
        start, end = self.points[index], self.points[index + 1]
        length_m = self.reached_m[index + 1] - self.reached_m[index]
        share = (along_m - self.reached_m[index]) / length_m if length_m else 0.0
        share = min(max(share, 0.0), 1.0)
        point = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        return point, course_deg(start, end)

    def backwards(self) -> Way:
        """The same way in the other direction."""
        return way_of(self.points[::-1])


def way_of(points: Iterable[Point]) -> Way:
    """The way through `points`; a point that repeats the one before is left out."""
    kept: list[Point] = []
    for point in points:
        if not kept or kept[-1] != point:
            kept.append(point)
    reached = [0.0]
    for start, end in pairwise(kept):
        reached.append(reached[-1] + distance_m(start, end))
    return Way(tuple(kept), tuple(reached))


def distance_to_way_m(point: Point, way: Way) -> float:
    """Metres from `point` to the nearest place of the way, in the plane round the point."""
    scale = math.cos(math.radians(point[0]))
    plane = [
        ((p[1] - point[1]) * scale * METRES_PER_DEGREE, (p[0] - point[0]) * METRES_PER_DEGREE)
        for p in way.points
    ]
    if len(plane) == 1:
        return math.hypot(*plane[0])
    return min(_origin_to_segment(start, end) for start, end in pairwise(plane))


def _origin_to_segment(start: Point, end: Point) -> float:
    run = end[0] - start[0], end[1] - start[1]
    square = run[0] ** 2 + run[1] ** 2
    share = -(start[0] * run[0] + start[1] * run[1]) / square if square else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(start[0] + share * run[0], start[1] + share * run[1])


def bent(start: Point, end: Point, factor: float, random: Random, piece_m: float) -> list[Point]:
    """A winding line from `start` to `end`, about `factor` times as long as the straight one.

    Midpoints are pushed aside again and again, less and less, until pieces are shorter than
    `piece_m`; then the corners are cut, because a road turns and does not break.
    """
    straight_m = distance_m(start, end)
    rounds = max(1, math.ceil(math.log2(straight_m * factor / piece_m)))
    line = [start, end]
    for push in _pushes(factor, rounds):
        longer = [line[0]]
        for left, right in pairwise(line):
            longer += [_pushed_middle(left, right, push, random), right]
        line = longer
    return _corners_cut(line)


def _pushes(factor: float, rounds: int) -> list[float]:
    """How far each round pushes, as a share of the piece; together they give the factor.

    A midpoint pushed aside by h of a piece of length L gives sqrt(1 + 4 (h/L)^2) times the way.
    """
    weights = [GENTLER**n for n in range(rounds)]
    exponents = [2 * weight / sum(weights) for weight in weights]
    # Cutting corners gives back a little of the length.
    return [math.sqrt((factor * CORNERS_COST) ** e - 1) / 2 for e in exponents]


def _corners_cut(line: Sequence[Point]) -> list[Point]:
    """The open line with its corners cut (Chaikin); the ends stay."""
    cut = [line[0]]
    for left, right in pairwise(line):
        cut.append((0.75 * left[0] + 0.25 * right[0], 0.75 * left[1] + 0.25 * right[1]))
        cut.append((0.25 * left[0] + 0.75 * right[0], 0.25 * left[1] + 0.75 * right[1]))
    return [line[0], *cut[2:-1], line[-1]]


def _pushed_middle(start: Point, end: Point, push: float, random: Random) -> Point:
    # Drawn so that the mean square is push^2: that keeps the expected length.
    aside_m = distance_m(start, end) * push * random.uniform(0.75, 1.2) * random.choice((-1, 1))
    across = math.radians(course_deg(start, end) + 90)
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    return moved(middle, aside_m * math.cos(across), aside_m * math.sin(across))


def smoothed(ring: Sequence[Point], rounds: int = 2) -> list[Point]:
    """A closed line with its corners cut (Chaikin); first and last point are the same."""
    points = list(ring)
    for _ in range(rounds):
        cut: list[Point] = []
        for left, right in zip(points, [*points[1:], points[0]], strict=True):
            cut.append((0.75 * left[0] + 0.25 * right[0], 0.75 * left[1] + 0.25 * right[1]))
            cut.append((0.25 * left[0] + 0.75 * right[0], 0.25 * left[1] + 0.75 * right[1]))
        points = cut
    return [*points, points[0]]


def simplified(line: Sequence[Point], tolerance_m: float) -> list[Point]:
    """The line without the points that lie within `tolerance_m` of it (Douglas-Peucker)."""
    if len(line) < 3:
        return list(line)
    chord = way_of((line[0], line[-1]))
    index, far_m = max(
        ((i, distance_to_way_m(p, chord)) for i, p in enumerate(line[1:-1], 1)),
        key=lambda found: found[1],
    )
    if far_m <= tolerance_m:
        return [line[0], line[-1]]
    left = simplified(line[: index + 1], tolerance_m)
    return left[:-1] + simplified(line[index:], tolerance_m)

"""The way of a trip on the ground, measured in metres from its start.

Rules of this file: pure; degrees come in, metres go out. Within a department the earth is flat
enough: the error of the local projection stays under 0.2 % of a distance of 100 km.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

_M_PER_DEGREE = 111_195.0
_SAME_PLACE_M = 60.0
"""Two legs of a way that pass this close to each other are told apart by more than distance."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A place seen from a track: metres from its start, metres beside it, direction there."""

    along_m: float
    off_m: float
    heading_deg: float


class Track:
    """A polyline of (latitude, longitude) with its distances."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        if len(points) < 2:
            points = (*points, *points) if points else ((0.0, 0.0), (0.0, 0.0))
        self._latitude, self._longitude = points[0]
        self._scale = math.cos(math.radians(self._latitude))
        self._points = [self._flat(*point) for point in points]
        lengths = [math.dist(a, b) for a, b in itertools.pairwise(self._points)]
        self._starts = [0.0, *itertools.accumulate(lengths)]

    @property
    def length_m(self) -> float:
        """From the first point to the last."""
        return self._starts[-1]

    def project(
        self, latitude: float, longitude: float, near_m: float | None = None, from_m: float = 0.0
    ) -> Projection:
        """The place on the track nearest to a point, not before `from_m`.

        Where the track passes the point more than once, the passage nearest to `near_m` is
        meant; the first one if that is None.
        """
        place = self._flat(latitude, longitude)
        first = max(bisect.bisect_right(self._starts, from_m) - 1, 0)
        found = [
            self._onto(index, place, from_m)
            for index in range(min(first, len(self._points) - 2), len(self._points) - 1)
        ]
        limit = min(p.off_m for p in found) + _SAME_PLACE_M
        close = [p for p in found if p.off_m <= limit]
        if near_m is not None:
            return min(close, key=lambda p: (p.off_m + 0.2 * abs(p.along_m - near_m), p.along_m))
        end = next(
            (n for n, (a, b) in enumerate(itertools.pairwise(close)) if b.off_m > a.off_m),
            len(close) - 1,
        )
        return min(close[: end + 1], key=lambda p: p.off_m)

    def at(self, along_m: float) -> tuple[float, float]:
        """Latitude and longitude `along_m` metres from the start, clamped to the track."""
        along_m = min(max(along_m, 0.0), self.length_m)
        index = min(bisect.bisect_right(self._starts, along_m), len(self._points) - 1) - 1
        length = self._starts[index + 1] - self._starts[index]
        share = (along_m - self._starts[index]) / length if length else 0.0
        (ax, ay), (bx, by) = self._points[index], self._points[index + 1]
        x, y = ax + share * (bx - ax), ay + share * (by - ay)
        return (
            self._latitude + y / _M_PER_DEGREE,
            self._longitude + x / (_M_PER_DEGREE * self._scale),
        )

    def _flat(self, latitude: float, longitude: float) -> tuple[float, float]:
        return (
            (longitude - self._longitude) * _M_PER_DEGREE * self._scale,
            (latitude - self._latitude) * _M_PER_DEGREE,
        )

    def _onto(self, index: int, place: tuple[float, float], from_m: float) -> Projection:
        (ax, ay), (bx, by) = self._points[index], self._points[index + 1]
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        share = ((place[0] - ax) * dx + (place[1] - ay) * dy) / squared if squared else 0.0
        length = self._starts[index + 1] - self._starts[index]
        least = (from_m - self._starts[index]) / length if length else 0.0
        share = min(max(share, least, 0.0), 1.0)
        return Projection(
            along_m=self._starts[index] + share * length,
            off_m=math.dist(place, (ax + share * dx, ay + share * dy)),
            heading_deg=math.degrees(math.atan2(dx, dy)) % 360.0,
        )

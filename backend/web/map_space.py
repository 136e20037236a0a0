"""Where things stand on the drawing of a territory, and where their labels find room.

Rules of this file: pure; degrees in, units of the drawing out (1 unit is 1 px on a 1440 by 900
screen). A label that finds no room is left out, never cut.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WIDTH, HEIGHT = 860.0, 900.0
MARGIN_X, MARGIN_Y = 64.0, 40.0
_SQUARE = 24.0


class Spot(NamedTuple):
    """A point of the drawing."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle of the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """The area the two share."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, spot: Spot) -> bool:
        """Whether the spot lies inside."""
        return self.left <= spot.x <= self.right and self.top <= spot.y <= self.bottom

    def nearest(self, spot: Spot) -> Spot:
        """The point of the rectangle that is nearest to a spot."""
        return Spot(
            min(max(spot.x, self.left), self.right), min(max(spot.y, self.top), self.bottom)
        )

    @property
    def centre(self) -> Spot:
        """Its middle."""
        return Spot(round((self.left + self.right) / 2, 1), round((self.top + self.bottom) / 2, 1))

    @property
    def is_inside(self) -> bool:
        """Whether the whole box is on the drawing."""
        return (
            self.left >= 4
            and self.top >= 4
            and self.right <= WIDTH - 4
            and self.bottom <= HEIGHT - 4
        )


class Projection:
    """Equirectangular, true at the middle latitude, fitted into the drawing."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        latitudes = [latitude for latitude, _ in points] or [0.0, 1.0]
        longitudes = [longitude for _, longitude in points] or [0.0, 1.0]
        self._north, self._west = max(latitudes), min(longitudes)
        south, east = min(latitudes), max(longitudes)
        self._narrow = math.cos(math.radians((self._north + south) / 2))
        wide = max((east - self._west) * self._narrow, 1e-6)
        high = max(self._north - south, 1e-6)
        self._scale = min((WIDTH - 2 * MARGIN_X) / wide, (HEIGHT - 2 * MARGIN_Y) / high)
        self._left = (WIDTH - wide * self._scale) / 2
        self._top = (HEIGHT - high * self._scale) / 2

    def spot(self, latitude: float, longitude: float) -> Spot:
        """A place on the drawing, to a tenth of a unit."""
        return Spot(
            round(self._left + (longitude - self._west) * self._narrow * self._scale, 1),
            round(self._top + (self._north - latitude) * self._scale, 1),
        )

    def path(self, points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
        """SVG path data of a line."""
        spots = [self.spot(*point) for point in points]
        return "M" + "L".join(f"{s.x:g} {s.y:g}" for s in spots) + ("Z" if closed else "")


class Crossings:
    """Points along lines, found again by square."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self._squares: dict[tuple[int, int], list[Spot]] = defaultdict(list)
        for spot in spots:
            self._squares[int(spot.x // _SQUARE), int(spot.y // _SQUARE)].append(spot)

    def inside(self, box: Box) -> int:
        """How many points a box holds."""
        columns = range(int(box.left // _SQUARE), int(box.right // _SQUARE) + 1)
        rows = range(int(box.top // _SQUARE), int(box.bottom // _SQUARE) + 1)
        return sum(
            box.holds(spot)
            for column in columns
            for row in rows
            for spot in self._squares.get((column, row), ())
        )


@dataclass(slots=True)
class Room:
    """What is taken on the drawing.

    Boxes (marks, labels of marks) are covered last of all, names of stops before them, and
    lines are avoided where that costs nothing else.
    """

    boxes: list[Box] = field(default_factory=list)
    names: list[Box] = field(default_factory=list)
    lines: Crossings = field(default_factory=lambda: Crossings(()))

    def copy(self) -> Room:
        """The same room, to be filled further without touching this one."""
        return Room(list(self.boxes), self.names, self.lines)

    def best(
        self, candidates: Sequence[Box], *, must_fit: bool = False, tied_to: Spot | None = None
    ) -> Box | None:
        """The candidate with the least in its way, the first of equals.

        None where `must_fit` and every one covers something or leaves the drawing. `tied_to` is
        the mark that a label belongs to: another mark between the two, or close to the label,
        would be taken for it.
        """
        whole = _around_all(candidates)
        boxes = [taken for taken in self.boxes if whole.overlap(taken)]
        names = [name for name in self.names if whole.overlap(name)]
        best: tuple[float, Box] | None = None
        for rank, box in enumerate(candidates):
            covered = sum(box.overlap(taken) for taken in boxes)
            hidden = sum(box.overlap(name) for name in names)
            if must_fit and (covered > 0 or hidden > 0 or not box.is_inside):
                continue
            crossed = self.lines.inside(box)
            outside = 0 if box.is_inside else 10_000
            confusing = 0.0 if tied_to is None else _confusion(box, tied_to, boxes)
            cost = covered * 100 + hidden * 3 + crossed * 2 + rank + outside + confusing
            if best is None or cost < best[0]:
                best = (cost, box)
        return None if best is None else best[1]


def _confusion(box: Box, mark: Spot, boxes: Sequence[Box]) -> float:
    """What lies between a label and its mark, and how close the label is to anything else."""
    others = [other for other in boxes if not other.holds(mark)]
    wider = Box(box.left - 5, box.top - 5, box.right + 5, box.bottom + 5)
    close = sum(wider.overlap(other) for other in others)
    end = box.nearest(mark)
    steps = [
        Spot(mark.x + (end.x - mark.x) * n / 6, mark.y + (end.y - mark.y) * n / 6)
        for n in range(1, 6)
    ]
    between = sum(other.holds(step) for other in others for step in steps)
    return close + between * 500


def _around_all(boxes: Sequence[Box]) -> Box:
    """The rectangle that holds them all."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def around(spot: Spot, width: float, height: float, gap: float) -> list[Box]:
    """Places for a label beside a spot: right, left, below, above, then the corners."""
    x, y = spot
    half_w, half_h = width / 2, height / 2
    centres = (
        (x + gap + half_w, y),
        (x - gap - half_w, y),
        (x, y + gap + half_h),
        (x, y - gap - half_h),
        (x + gap * 0.8 + half_w, y - gap * 0.8 - half_h * 0.6),
        (x - gap * 0.8 - half_w, y - gap * 0.8 - half_h * 0.6),
        (x + gap * 0.8 + half_w, y + gap * 0.8 + half_h * 0.6),
        (x - gap * 0.8 - half_w, y + gap * 0.8 + half_h * 0.6),
    )
    return [Box(cx - half_w, cy - half_h, cx + half_w, cy + half_h) for cx, cy in centres]


def square(spot: Spot, side: float) -> Box:
    """A square around a spot."""
    half = side / 2
    return Box(spot.x - half, spot.y - half, spot.x + half, spot.y + half)


def text_width(text: str, size: float) -> float:
    """A generous guess of how wide a text is set in Inter."""
    narrow = sum(character in "iljtfr'’ .,-I1" for character in text)
    return size * (0.60 * (len(text) - narrow) + 0.36 * narrow)

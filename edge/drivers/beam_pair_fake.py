"""Bodies that walk through two beams: the fake beside `beam_pair`.

A body is a stretch of `depth_m` that moves along the way in; a beam is interrupted while the
stretch covers it. What the beams show follows from geometry, so that a test need not know the
states of the counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edge.drivers.lines import Edge

SPACING_M = 0.08


@dataclass(frozen=True, slots=True)
class Walk:
    """A body: it reaches the first beam at `at_s`; `turns_back_m` is how far past it turns."""

    at_s: float
    direction: Literal["in", "out"] = "in"
    speed_m_s: float = 1.0
    depth_m: float = 0.25
    turns_back_m: float | None = None


def shadows(walk: Walk, spacing_m: float = SPACING_M) -> list[tuple[int, float, float]]:
    """(beam, from_s, to_s) of each interruption; beam 0 is the outer one."""
    first, second = (0, 1) if walk.direction == "in" else (1, 0)
    found = []
    for beam, distance_m in ((first, 0.0), (second, spacing_m)):
        starts_s = walk.at_s + distance_m / walk.speed_m_s
        ends_s = starts_s + walk.depth_m / walk.speed_m_s
        if walk.turns_back_m is not None:
            if distance_m >= walk.turns_back_m:
                continue
            turn_s = walk.at_s + walk.turns_back_m / walk.speed_m_s
            ends_s = turn_s + (turn_s - starts_s)
        found.append((beam, starts_s, ends_s))
    return found


def edges_of(
    walks: Iterable[Walk],
    lines: Sequence[str] = ("outer", "inner"),
    spacing_m: float = SPACING_M,
    start_ns: int = 0,
) -> list[Edge]:
    """The edges that the beams show of all these bodies together, in order of time."""
    edges = []
    for beam, line in enumerate(lines):
        edges.append(Edge(line, active=False, at_ns=start_ns))
        dark = sorted(
            (from_s, to_s)
            for walk in walks
            for number, from_s, to_s in shadows(walk, spacing_m)
            if number == beam
        )
        for from_s, to_s in _joined(dark):
            edges.append(Edge(line, active=True, at_ns=start_ns + round(from_s * 1e9)))
            edges.append(Edge(line, active=False, at_ns=start_ns + round(to_s * 1e9)))
    return sorted(edges, key=lambda edge: edge.at_ns)


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for from_s, to_s in spans:
        if joined and from_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], to_s))
        else:
            joined.append((from_s, to_s))
    return joined

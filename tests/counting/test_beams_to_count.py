"""People who walk through two beams as people do, counted: the bound holds the truth all day."""

from __future__ import annotations

import random

import pytest

from edge.counting.estimate import Estimator
from edge.counting.events import Passed, Unclear
from edge.counting.tracker import Way
from edge.drivers.beam_pair import BeamFault, BeamPair, Passage
from edge.drivers.beam_pair_fake import Walk, edges_of

PEOPLE = 400
MEAN_GAP_S = 8.0
ABREAST = 0.04
"""Of those who pass, so many are beside somebody, whom the beams do not see."""


def day(seed: int) -> tuple[list[Walk], list[tuple[float, int]]]:
    """Bodies at the door, and after each moment how many are inside."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    walks, truth, inside, at_s = [], [], 0, 0.0
    for number in range(PEOPLE):
        at_s += chance.expovariate(1 / MEAN_GAP_S)
        morning = chance.random() < (0.8 if number < PEOPLE // 2 else 0.2)
        direction = "in" if inside == 0 or morning else "out"
        speed, depth = chance.uniform(0.5, 1.6), chance.uniform(0.18, 0.4)
        walks.append(Walk(at_s, direction, speed, depth))
        persons = 2 if chance.random() < ABREAST and (direction == "in" or inside > 1) else 1
        inside += persons if direction == "in" else -persons
        truth.append((at_s + 5.0, inside))
        if chance.random() < 0.05:
            walks.append(Walk(at_s + 3.0, direction, speed, depth, turns_back_m=0.05))
    return walks, truth


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_holds_who_is_inside_after_every_passage(seed: int):
    walks, truth = day(seed)
    pair, estimator = BeamPair("outer", "inner"), Estimator([Way("beams", 0.15)], 400)
    edges, missed = edges_of(walks), 0
    for at_s, inside in truth:
        while edges and edges[0].at_ns <= at_s * 1e9:
            for event in pair.take(edges.pop(0)):
                assert not isinstance(event, BeamFault), event.sentence
                at_ms = event.at_ns // 1_000_000
                if isinstance(event, Passage):
                    estimator.take(Passed(at_ms, "beams", "door", event.direction))
                else:
                    estimator.take(Unclear(at_ms, "beams", "door"))
        estimate = estimator.estimate()
        # Who is just passing may be counted already, or not yet.
        passing = sum(abs(other_s - at_s) < 6.0 for other_s, _inside in truth)
        missed += abs(estimate.persons - inside) > estimate.error_persons + passing
    assert missed == 0
    estimate = estimator.estimate()
    assert abs(estimate.persons - truth[-1][1]) <= estimate.error_persons

"""Bodies that pass a door with two light beams, as timed edges, with what truly happened.

The geometry is that of edge/drivers/beam_pair_fake; here it becomes scenes of a door, with the
bounce of real contacts, played on any pair of wires: a chip made of a socket, or two outputs of
a Pi jumpered to two of its inputs. `people` is the truth; `countable` is what two beams can see
of it at best, which is less where bodies overlap.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple

from contract.clock import Clock
from edge.drivers.beam_pair_fake import SPACING_M, Walk, edges_of

Beam = Literal["outer", "inner"]
OUTER: Final = "outer"
INNER: Final = "inner"
BOUNCES = 3
BOUNCE_S = 0.0005
"""Contacts chatter for 1 to 3 ms; a counter's debounce is 5."""
LEAST_SLEEP_S = 0.001


class Step(NamedTuple):
    """At `at_s` from the scene's beginning a beam is interrupted or seen again."""

    at_s: float
    beam: Beam
    interrupted: bool


class Passages(NamedTuple):
    """How many went in and out."""

    inwards: int
    outwards: int


class Scene(NamedTuple):
    """What happens at the door."""

    name: str
    steps: tuple[Step, ...]
    people: Passages
    countable: Passages
    fault: Literal["blocked", "one_sided"] | None = None


def walked(
    name: str, walks: Iterable[Walk], people: Passages, countable: Passages | None = None
) -> Scene:
    """The scene of these bodies; `countable` where it is not all of them."""
    edges = edges_of(list(walks), lines=(OUTER, INNER))
    steps = tuple(
        Step(edge.at_ns / 1e9, OUTER if edge.line == OUTER else INNER, edge.active)
        for edge in edges
        if edge.active or edge.at_ns > 0
    )
    return Scene(name, steps, people, people if countable is None else countable)


def _in(chance: random.Random) -> Scene:
    return walked("in", [_body(chance, "in")], Passages(1, 0))


def _out(chance: random.Random) -> Scene:
    return walked("out", [_body(chance, "out")], Passages(0, 1))


def _hand(chance: random.Random) -> Scene:
    """It reaches into the first beam and not as far as the second."""
    side: Literal["in", "out"] = chance.choice(["in", "out"])
    return walked("hand", [_body(chance, side, turns_back_m=SPACING_M / 2)], Passages(0, 0))


def _turns_back(chance: random.Random) -> Scene:
    """Half through, and back."""
    side: Literal["in", "out"] = chance.choice(["in", "out"])
    return walked("turns back", [_body(chance, side, turns_back_m=SPACING_M * 1.5)], Passages(0, 0))


def _hesitates(chance: random.Random) -> Scene:
    """In, a step back within the beams, and in after all."""
    shown: tuple[tuple[Beam, bool], ...] = (
        (OUTER, True),
        (INNER, True),
        (INNER, False),
        (INNER, True),
        (OUTER, False),
        (INNER, False),
    )
    at_s, steps = 0.1, []
    for beam, interrupted in shown:
        steps.append(Step(at_s, beam, interrupted))
        at_s += chance.uniform(0.05, 0.4)
    return Scene("hesitates", tuple(steps), Passages(1, 0), Passages(1, 0))


def _abreast(chance: random.Random) -> Scene:
    """Two shadows in one."""
    body = _body(chance, "in")
    return walked("two abreast", [body, body], Passages(2, 0), Passages(1, 0))


def _close_behind(chance: random.Random) -> Scene:
    """A follower closer than the beams are apart."""
    first = _body(chance, "in")
    behind_s = (first.depth_m + SPACING_M / 3) / first.speed_m_s
    second = Walk(first.at_s + behind_s, "in", first.speed_m_s, first.depth_m)
    return walked("close behind", [first, second], Passages(2, 0), Passages(1, 0))


def _crowd(chance: random.Random) -> Scene:
    """A busload one after the other, a forearm between them."""
    first = _body(chance, chance.choice(["in", "out"]))
    number = chance.randrange(3, 8)
    apart_s = (first.depth_m + SPACING_M + 0.25) / first.speed_m_s
    walks = [
        Walk(first.at_s + n * apart_s, first.direction, first.speed_m_s, first.depth_m)
        for n in range(number)
    ]
    people = Passages(number, 0) if first.direction == "in" else Passages(0, number)
    return walked("crowd", walks, people)


def _blocked(chance: random.Random) -> Scene:
    """A crate left in the outer beam, taken away after a while."""
    taken_s = chance.uniform(12, 60)
    steps = (Step(0.1, OUTER, True), Step(taken_s, OUTER, False))
    return Scene("blocked", steps, Passages(0, 0), Passages(0, 0), "blocked")


def _dead(_: random.Random) -> Scene:
    """The inner beam tells nothing any more while people come in."""
    steps = [
        step
        for n in range(25)
        for step in (Step(0.1 + n, OUTER, True), Step(0.5 + n, OUTER, False))
    ]
    return Scene("dead", tuple(steps), Passages(25, 0), Passages(0, 0), "one_sided")


SCENES: tuple[Callable[[random.Random], Scene], ...] = (
    _in,
    _out,
    _hand,
    _turns_back,
    _hesitates,
    _abreast,
    _close_behind,
    _crowd,
    _blocked,
    _dead,
)


def bouncing(steps: Iterable[Step]) -> list[Step]:
    """The same steps from contacts that chatter before they stand."""
    chattering = []
    for step in steps:
        for n in range(BOUNCES):
            at_s = step.at_s + 2 * n * BOUNCE_S
            chattering.append(Step(at_s, step.beam, step.interrupted))
            chattering.append(Step(at_s + BOUNCE_S, step.beam, not step.interrupted))
        chattering.append(Step(step.at_s + 2 * BOUNCES * BOUNCE_S, step.beam, step.interrupted))
    return sorted(chattering)


async def play(
    steps: Iterable[Step], switch: Callable[[Beam, bool], None], clock: Clock, speed: float = 1.0
) -> None:
    """Let it happen on wires: `switch` gets each beam and whether it is interrupted now."""
    began_s = clock.monotonic_s()
    for step in steps:
        left_s = began_s + step.at_s / speed - clock.monotonic_s()
        if left_s >= LEAST_SLEEP_S:
            await clock.sleep(left_s)
        switch(step.beam, step.interrupted)


def _body(
    chance: random.Random, direction: Literal["in", "out"], turns_back_m: float | None = None
) -> Walk:
    """Somebody: 0.5 to 1.6 m/s, 20 to 35 cm deep."""
    speed_m_s, depth_m = chance.uniform(0.5, 1.6), chance.uniform(0.2, 0.35)
    return Walk(0.1, direction, speed_m_s, depth_m, turns_back_m)

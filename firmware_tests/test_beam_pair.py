"""Scenes of a door on two wires, through the lines' driver, to the counter of passages.

No client that others wrote exists for two light beams. The scenes are held against a table of
states written down here, apart from both the scenes and the counter.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from contextlib import aclosing

import pytest

from contract.clock import SystemClock
from edge.drivers.beam_pair import BeamEvent, BeamFault, BeamPair, Passage
from edge.drivers.debounce import Debouncer
from edge.drivers.gpio import GpioInputs
from edge.drivers.lines import Edge
from firmware_tests.rig import LinePair
from firmware_tests.waiting import until
from simulator.devices.beam_pair import (
    INNER,
    OUTER,
    SCENES,
    Passages,
    Scene,
    Step,
    bouncing,
    play,
)

DEBOUNCE_NS = 5_000_000
TABLE = {
    "in": "00 10 11 01 00",
    "out": "00 01 11 10 00",
    "hand": "00 10 00",
    "turns back": "00 10 11 10 00",
    "hesitates": "00 10 11 10 11 01 00",
    "two abreast": "00 10 11 01 00",
    "close behind": "00 10 11 01 11 10 11 01 00",
    "blocked": "00 10 00",
}
"""(outer, inner), 1 is interrupted. "hand" and "turns back" may come from either side."""


def scene(make, seed: int) -> Scene:
    return make(random.Random(seed))  # noqa: S311 - nothing secret hangs on it


def states(steps: Iterable[Step]) -> str:
    shown = {OUTER: False, INNER: False}
    told = ["00"]
    for step in steps:
        shown[step.beam] = step.interrupted
        told.append(f"{shown[OUTER]:d}{shown[INNER]:d}")
    return " ".join(told)


def counted(events: Iterable[BeamEvent]) -> Passages:
    directions = [event.direction for event in events if isinstance(event, Passage)]
    return Passages(directions.count("in"), directions.count("out"))


def seen(steps: Iterable[Step]) -> list[BeamEvent]:
    """What the counter makes of debounced edges, with the time between them passing."""
    pair, events = BeamPair(OUTER, INNER), []
    debouncer = Debouncer({OUTER: DEBOUNCE_NS, INNER: DEBOUNCE_NS}, {OUTER: False, INNER: False})
    edges = [Edge(beam, active=False, at_ns=0) for beam in (OUTER, INNER)]
    for step in steps:
        edges += debouncer.take(Edge(step.beam, step.interrupted, int(step.at_s * 1e9)))
        last_ns = int(step.at_s * 1e9)
    edges += debouncer.pass_to(last_ns + 10**9)
    before_ns = 0
    for edge in edges:
        for now_ns in range(before_ns, edge.at_ns, 10**9):
            events += pair.pass_to(now_ns)
        events += pair.take(edge)
        before_ns = edge.at_ns
    return events


@pytest.mark.parametrize("make", SCENES)
def test_a_scene_shows_what_the_table_says_and_is_counted_for_what_can_be_seen(make):
    for shown in (scene(make, seed) for seed in range(20)):
        if shown.name in TABLE:
            mirrored = TABLE[shown.name].replace("10", "x").replace("01", "10").replace("x", "01")
            allowed = {TABLE[shown.name]} | ({mirrored} if shown.people == (0, 0) else set())
            assert states(shown.steps) in allowed
        for steps in (shown.steps, bouncing(shown.steps)):
            events = seen(steps)
            assert counted(events) == shown.countable
            faults = {event.kind for event in events if isinstance(event, BeamFault)}
            assert faults == ({shown.fault} if shown.fault else set())


async def test_a_morning_at_the_door_is_counted_through_the_wires(line_pair: LinePair):
    """On a rig the wires are jumpers between real pins; here a chip made of a socket."""
    clock = SystemClock()
    inputs = GpioInputs(line_pair.chip, line_pair.inputs, clock, random.Random(1))  # noqa: S311
    pair, events, begun = BeamPair(OUTER, INNER), [], set()

    async def count() -> None:
        async with aclosing(inputs.edges()) as edges:
            async for edge in edges:
                events.extend(pair.take(edge))
                begun.add(edge.line)

    counting = asyncio.create_task(count())
    try:
        await until(lambda: begun == {OUTER, INNER}, "both beams are told")
        wanted = Passages(0, 0)
        for make in SCENES[:8]:
            shown = scene(make, 7)
            await play(bouncing(shown.steps), line_pair.switch, clock)
            await clock.sleep(0.1)  # for the next body to be apart from this one
            wanted = Passages(*map(sum, zip(wanted, shown.countable, strict=True)))
        await until(lambda: counted(events) == wanted, f"{wanted}")
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)

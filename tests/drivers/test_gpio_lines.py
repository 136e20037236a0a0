"""One suite for lines: a chip of the kernel with two jumpers, and the chip made of a socket.

On a Pi the jumpers go from GPIO 20 to 21 (pins 38 and 40) and from GPIO 16 to 12 (pins 36, 32).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import HEADER, InputLine, OutputLine
from edge.drivers.lines import Edge
from tests.drivers.listening import repeatable, until

INPUTS = {"a": InputLine(21, pull="up"), "b": InputLine(12, pull="up", active_low=True)}
OUTPUTS = {"to-a": OutputLine(20), "to-b": OutputLine(16)}
WIRES = {20: 21, 16: 12}


@pytest.fixture(params=["fake", "kernel"])
def chip(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "fake":
        with FakeChip(tmp_path / "chip", WIRES) as made:
            yield made.name
        return
    if not any(Path("/dev").glob("gpiochip*")):
        pytest.skip("this machine has no /dev/gpiochip*: run on a Pi with the two jumpers")
    yield HEADER


@asynccontextmanager
async def heard(inputs: GpioInputs) -> AsyncIterator[list[Edge]]:
    edges: list[Edge] = []

    async def listen() -> None:
        async with aclosing(inputs.edges()) as stream:
            async for edge in stream:
                edges.append(edge)  # noqa: PERF401 - they are looked at as they come

    task = asyncio.create_task(listen())
    try:
        yield edges
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def inputs_of(chip: str, **changed: InputLine) -> GpioInputs:
    return GpioInputs(chip, INPUTS | changed, SystemClock(), repeatable())


def told(edges: list[Edge]) -> list[tuple[str, bool]]:
    return [(edge.line, edge.active) for edge in edges]


async def test_the_first_edge_of_each_line_tells_how_it_stands(chip: str):
    outputs = GpioOutputs(chip, OUTPUTS)
    outputs.set("to-a", active=True)
    async with heard(inputs := inputs_of(chip)) as edges:
        assert inputs.active("a") is None
        await until(lambda: len(edges) == 2, "both lines have been told")
        assert dict(told(edges)) == {"a": True, "b": True}
        assert (inputs.active("a"), inputs.active("b")) == (True, True)
    outputs.close()


async def test_edges_come_in_order_with_the_time_of_each(chip: str):
    clock = SystemClock()
    outputs = GpioOutputs(chip, OUTPUTS)
    outputs.open()
    async with heard(inputs_of(chip)) as edges:
        await until(lambda: len(edges) == 2, "both lines have been told")
        before_ns = clock.monotonic_s() * 1e9
        for line, active in [("to-a", 1), ("to-b", 1), ("to-a", 0), ("to-b", 0)]:
            outputs.set(line, active=bool(active))
        after_ns = clock.monotonic_s() * 1e9
        await until(lambda: len(edges) == 6, "four edges")
    outputs.close()
    assert told(edges[2:]) == [("a", True), ("b", False), ("a", False), ("b", True)]
    times = [edge.at_ns for edge in edges[2:]]
    assert times == sorted(times)
    assert before_ns - 1e3 <= times[0] <= times[-1] <= after_ns + 1e3


async def test_a_bounce_is_not_an_edge_and_what_stands_is(chip: str):
    outputs = GpioOutputs(chip, OUTPUTS)
    outputs.open()
    async with heard(inputs_of(chip, a=InputLine(21, debounce_ms=30))) as edges:
        await until(lambda: len(edges) == 2, "both lines have been told")
        for active in (True, False, True, False, True):
            outputs.set("to-a", active=active)
        await until(lambda: len(edges) == 3, "the one edge that stands")
        outputs.set("to-b", active=True)
        await until(lambda: len(edges) == 4, "an edge after it")
    outputs.close()
    assert told(edges[2:]) == [("a", True), ("b", False)]


async def test_a_line_belongs_to_one_program_at_a_time_and_is_given_back(chip: str):
    first, second = GpioOutputs(chip, OUTPUTS), GpioOutputs(chip, {"same": OutputLine(20)})
    first.open()
    with pytest.raises(LineFault, match=r"line 20 .*used by"):
        second.open()
    first.close()
    second.open()
    second.close()


async def test_closing_leaves_every_output_inactive(chip: str):
    outputs = GpioOutputs(chip, OUTPUTS)
    async with heard(inputs := inputs_of(chip)) as edges:
        outputs.set("to-a", active=True)
        await until(lambda: ("a", True) in told(edges), "the output is on")
        outputs.close()
        await until(lambda: inputs.active("a") is False, "the output is off")


async def test_a_line_that_the_chip_has_not_is_named(chip: str):
    with pytest.raises(LineFault, match=r"correct .*offset"):
        GpioOutputs(chip, {"far": OutputLine(300)}).open()
    with pytest.raises(LineFault, match=r"add it to \[lines.outputs\]"):
        GpioOutputs(chip, {"near": OutputLine(20)}).set("unknown", active=True)

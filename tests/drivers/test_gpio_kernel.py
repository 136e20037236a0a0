"""The driver of kernel chips against libgpiod's own types, with a chip made of a pipe."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import pytest

from contract.clock import SystemClock
from edge.drivers import gpio_kernel
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.line_config import HEADER, InputLine, OutputLine
from tests.drivers.listening import repeatable, until
from tests.drivers.test_gpio_lines import heard, told

gpiod = pytest.importorskip("gpiod", reason="gpiod is not installed (softplace[gpio])")
from gpiod.line import Bias, Direction, Value  # noqa: E402 - after the skip


class PipeRequest:
    def __init__(self, config: dict[int, Any]) -> None:
        self.config = config
        self.values = dict.fromkeys(config, Value.INACTIVE)
        self.fd, self._write = os.pipe()
        self._events: list[Any] = []
        self.released = False
        self.dead = False
        self.number = 0

    def edge(self, offset: int, *, rising: bool, at_ns: int) -> None:
        kinds = gpiod.EdgeEvent.Type
        kind = kinds.RISING_EDGE if rising else kinds.FALLING_EDGE
        self.number += 1
        self._events.append(gpiod.EdgeEvent(kind.value, at_ns, offset, self.number, 0))
        os.write(self._write, b"!")

    def die(self) -> None:
        self.dead = True
        os.write(self._write, b"!")

    def _alive(self) -> None:
        if self.dead:
            raise OSError(errno.ENODEV, "No such device")

    def get_values(self, lines: list[int]) -> list[Value]:
        return [self.values[offset] for offset in lines]

    def set_value(self, line: int, value: Value) -> None:
        self._alive()
        self.values[line] = value

    def read_edge_events(self) -> list[Any]:
        os.read(self.fd, 100)
        self._alive()
        events, self._events = self._events, []
        return events

    def release(self) -> None:
        if not self.released:
            os.close(self.fd)
            os.close(self._write)
        self.released = True


class PipeChip:
    """Stands in for `gpiod.Chip`; what is open is kept on the class."""

    requests: ClassVar[list[PipeRequest]] = []
    label = "pinctrl-rp1"
    used: ClassVar[dict[int, str]] = {}
    fault: OSError | None = None
    paths: ClassVar[list[str]] = []

    def __init__(self, path: str) -> None:
        self.paths.append(path)
        if self.fault is not None:
            raise self.fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        return None

    def get_info(self) -> SimpleNamespace:
        return SimpleNamespace(num_lines=54, label=self.label)

    def get_line_info(self, offset: int) -> SimpleNamespace:
        return SimpleNamespace(used=offset in self.used, consumer=self.used.get(offset))

    def request_lines(self, config: dict[int, Any], **told: object) -> PipeRequest:
        assert told == {"consumer": "softplace", "event_buffer_size": 1024}
        self.requests.append(PipeRequest(config))
        return self.requests[-1]


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PipeChip]]:
    fresh = type("Fresh", (PipeChip,), {"requests": [], "used": {}, "fault": None, "paths": []})
    monkeypatch.setattr(gpiod, "Chip", fresh)
    monkeypatch.setattr(gpio_kernel, "chips_present", lambda: ["/dev/gpiochip0"])
    yield fresh
    for request in fresh.requests:
        request.release()


async def test_edges_keep_the_kernel_s_stamps_and_their_order(chip: type[PipeChip]):
    lines = {"a": InputLine(17, pull="up", active_low=True, debounce_ms=2.5), "b": InputLine(4)}
    inputs = GpioInputs(HEADER, lines, SystemClock(), repeatable())
    async with heard(inputs) as edges:
        await until(lambda: len(edges) == 2, "both lines have been told")
        [request] = chip.requests
        request.edge(17, rising=True, at_ns=1_000)
        request.edge(4, rising=True, at_ns=1_500)
        request.edge(17, rising=False, at_ns=2_000)
        await until(lambda: len(edges) == 5, "three edges")
    assert told(edges[2:]) == [("a", True), ("b", True), ("a", False)]
    assert [edge.at_ns for edge in edges[2:]] == [1_000, 1_500, 2_000]
    assert request.config[17].bias is Bias.PULL_UP
    assert request.config[4].bias is Bias.DISABLED
    assert (request.config[17].active_low, request.config[4].active_low) == (True, False)
    assert request.config[17].debounce_period.total_seconds() == 0.0025
    assert request.released


async def test_edges_that_the_kernel_had_no_room_for_are_made_up_for(chip: type[PipeChip]):
    lines = {"a": InputLine(17), "b": InputLine(4)}
    inputs = GpioInputs(HEADER, lines, SystemClock(), repeatable())
    async with heard(inputs) as edges:
        await until(lambda: len(edges) == 2, "both lines have been told")
        [request] = chip.requests
        request.values[17] = Value.ACTIVE
        request.number += 7
        request.edge(4, rising=True, at_ns=1_000)
        request.values[4] = Value.ACTIVE
        await until(lambda: len(edges) == 4, "the edge, and what was lost before it")
        assert told(edges[2:]) == [("b", True), ("a", True)]
        request.edge(4, rising=False, at_ns=2_000)
        await until(lambda: len(edges) == 5, "edges go on")


async def test_a_chip_that_dies_is_said_once_and_taken_again(
    chip: type[PipeChip], caplog: pytest.LogCaptureFixture
):
    inputs = GpioInputs("/dev/gpiochip0", {"a": InputLine(17)}, SystemClock(), repeatable())
    async with heard(inputs) as edges:
        await until(lambda: len(edges) == 1, "the line has been told")
        chip.requests[0].die()
        await until(lambda: len(chip.requests) == 2, "the chip is taken again")
        await until(lambda: len(edges) == 2, "the line is told anew")
    said = [record.getMessage().split(" ")[0] for record in caplog.records]
    assert said == ["lines=down", "lines=up"]


def test_outputs_begin_inactive_and_end_inactive(chip: type[PipeChip]):
    outputs = GpioOutputs(HEADER, {"relay": OutputLine(27, active_low=True)})
    outputs.set("relay", active=True)
    [request] = chip.requests
    assert request.config[27].direction is Direction.OUTPUT
    assert request.config[27].output_value is Value.INACTIVE
    assert request.values[27] is Value.ACTIVE
    outputs.close()
    assert request.values[27] is Value.INACTIVE
    assert request.released


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENXIO, r"no chip /dev/null .*has /dev/gpiochip0.*correct \[lines\] chip"),
        (errno.EACCES, "usermod -aG gpio"),
        (errno.EBUSY, "used by another program"),
        (errno.ENOTTY, "is no GPIO chip"),
    ],
)
def test_what_keeps_a_chip_from_us_is_one_sentence(chip: type[PipeChip], number: int, remedy: str):
    chip.fault = OSError(number, os.strerror(number))
    with pytest.raises(LineFault, match=remedy):
        GpioOutputs("/dev/null", {"relay": OutputLine(27)}).open()


def test_a_taken_line_names_its_holder(chip: type[PipeChip]):
    chip.used = {27: "lcd-driver"}
    with pytest.raises(LineFault, match=r"line 27 \(relay\) is used by lcd-driver"):
        GpioOutputs(HEADER, {"relay": OutputLine(27)}).open()


def test_a_machine_without_a_header_says_what_it_has(chip: type[PipeChip]):
    chip.label = "INT34C5:00"
    with pytest.raises(LineFault, match=r"has /dev/gpiochip0 \(INT34C5:00\)"):
        GpioOutputs(HEADER, {"relay": OutputLine(27)}).open()


def test_a_real_path_that_is_no_chip_is_refused_by_libgpiod_itself():
    with pytest.raises(LineFault, match="is no GPIO chip"):
        GpioOutputs("/dev/null", {"relay": OutputLine(27)}).open()
    with pytest.raises(LineFault, match="no chip /dev/gpiochip77"):
        GpioOutputs("/dev/gpiochip77", {"relay": OutputLine(27)}).open()

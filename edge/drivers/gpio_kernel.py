"""A GPIO chip of the kernel, through libgpiod 2: its debouncing, its stamps (CLOCK_MONOTONIC).

`gpiod` is loaded at the first request: a board without lines does without it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from edge.drivers.chip import CONSUMER
from edge.drivers.errors import LineFault
from edge.drivers.line_config import HEADER, InputLine, OutputLine, Pull
from edge.drivers.lines import Edge

EVENT_BUFFER = 1_024
"""Edges that the kernel keeps while the event loop is busy; 16 a line by default."""
HEADER_LABELS = ("pinctrl-rp1", "pinctrl-bcm2712", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Names of the chip behind the header, Pi 5 first: there bcm2712 is another, inner chip."""
DEVICES = Path("/dev")


class KernelChip:
    """The chip at `name`: a path of /dev, or `header`."""

    debounces = True

    def __init__(self, name: str) -> None:
        self.name = name

    def inputs(self, lines: Mapping[str, InputLine]) -> _KernelInputs:
        """Take the inputs. Raises LineFault."""
        gpiod = _gpiod(self.name)
        settings = {line.offset: _input_settings(gpiod, line) for line in lines.values()}
        request = self._request(gpiod, settings, lines)
        return _KernelInputs(self.name, gpiod, request, lines)

    def outputs(self, lines: Mapping[str, OutputLine]) -> _KernelOutputs:
        """Take the outputs, all inactive. Raises LineFault."""
        gpiod = _gpiod(self.name)
        settings = {
            line.offset: gpiod.LineSettings(
                direction=gpiod.line.Direction.OUTPUT,
                active_low=line.active_low,
                output_value=gpiod.line.Value.INACTIVE,
            )
            for line in lines.values()
        }
        request = self._request(gpiod, settings, lines)
        return _KernelOutputs(self.name, gpiod, request, lines)

    def _request(
        self,
        gpiod: ModuleType,
        settings: dict[int, Any],
        lines: Mapping[str, InputLine] | Mapping[str, OutputLine],
    ) -> Any:
        path = _path(gpiod, self.name)
        try:
            with gpiod.Chip(path) as chip:
                count = chip.get_info().num_lines
                for name, line in lines.items():
                    if line.offset >= count:
                        why = f"{path} has lines 0 to {count - 1}: correct the offset of {name}"
                        raise LineFault(self.name, why)
                    if (info := chip.get_line_info(line.offset)).used:
                        raise LineFault(self.name, _taken(name, line.offset, info.consumer))
                return chip.request_lines(
                    config=settings, consumer=CONSUMER, event_buffer_size=EVENT_BUFFER
                )
        except OSError as error:
            if isinstance(error, LineFault):
                raise
            raise LineFault(self.name, _why(path, error)) from error


class _KernelInputs:
    def __init__(
        self, name: str, gpiod: ModuleType, request: Any, lines: Mapping[str, InputLine]
    ) -> None:
        self._name = name
        self._request = request
        self._fd: int = request.fd
        self._rising = gpiod.EdgeEvent.Type.RISING_EDGE
        self._line_at = {line.offset: name for name, line in lines.items()}
        self._number = 0
        """Of the last edge; a gap means that the kernel's buffer was too small."""

    def fileno(self) -> int:
        return self._fd

    def standing(self) -> dict[str, bool]:
        try:
            values = self._request.get_values(list(self._line_at))
        except OSError as error:
            raise LineFault(self._name, _lost(error)) from error
        return {
            name: bool(value) for name, value in zip(self._line_at.values(), values, strict=True)
        }

    def take(self) -> list[Edge]:
        try:
            events = self._request.read_edge_events()
        except OSError as error:
            raise LineFault(self._name, _lost(error)) from error
        edges = [
            Edge(self._line_at[e.line_offset], e.event_type is self._rising, e.timestamp_ns)
            for e in events
        ]
        expected = self._number + len(events)
        self._number = events[-1].global_seqno if events else self._number
        return edges if self._number == expected else edges + self._caught_up(edges)

    def _caught_up(self, edges: list[Edge]) -> list[Edge]:
        """How the lines stand after edges were lost; those who know it already pass it over."""
        last_ns = edges[-1].at_ns
        return [Edge(line, active, last_ns) for line, active in self.standing().items()]

    def close(self) -> None:
        self._request.release()


class _KernelOutputs:
    def __init__(
        self, name: str, gpiod: ModuleType, request: Any, lines: Mapping[str, OutputLine]
    ) -> None:
        self._name = name
        self._request = request
        self._values = gpiod.line.Value
        self._lines = dict(lines)

    def set(self, line: str, *, active: bool) -> None:
        value = self._values.ACTIVE if active else self._values.INACTIVE
        try:
            self._request.set_value(self._lines[line].offset, value)
        except OSError as error:
            raise LineFault(self._name, _lost(error)) from error

    def close(self) -> None:
        self._request.release()


def chips_present() -> list[str]:
    """The paths of the GPIO chips of this machine."""
    return sorted(str(path) for path in DEVICES.glob("gpiochip*"))


def _gpiod(name: str) -> ModuleType:
    try:
        import gpiod  # noqa: PLC0415 - loaded where there are lines
        import gpiod.line  # noqa: PLC0415
    except ImportError as error:
        raise LineFault(
            name, "the package gpiod is missing: install softplace[gpio] on this machine"
        ) from error
    return gpiod


def _input_settings(gpiod: ModuleType, line: InputLine) -> Any:
    bias = gpiod.line.Bias
    pulls: dict[Pull, Any] = {"none": bias.DISABLED, "up": bias.PULL_UP, "down": bias.PULL_DOWN}
    return gpiod.LineSettings(
        direction=gpiod.line.Direction.INPUT,
        edge_detection=gpiod.line.Edge.BOTH,
        bias=pulls[line.pull],
        active_low=line.active_low,
        debounce_period=timedelta(milliseconds=line.debounce_ms),
        event_clock=gpiod.line.Clock.MONOTONIC,
    )


def _path(gpiod: ModuleType, name: str) -> str:
    """The device of `name`; for the header the chip that bears its label."""
    if name != HEADER:
        return name
    labels: dict[str, str] = {}
    for path in chips_present():
        try:
            with gpiod.Chip(path) as chip:
                labels.setdefault(chip.get_info().label, path)
        except OSError as error:
            raise LineFault(name, _why(path, error)) from error
    for label in HEADER_LABELS:
        if label in labels:
            return labels[label]
    found = ", ".join(f"{path} ({label})" for label, path in labels.items())
    raise LineFault(
        name,
        f"no chip of a Raspberry Pi's header (this machine has {found or 'none'}): "
        "run on a Pi, or name the chip in [lines] chip",
    )


def _taken(name: str, offset: int, consumer: str) -> str:
    return (
        f"line {offset} ({name}) is used by {consumer or 'the kernel'}: "
        "stop that program or wire another line"
    )


def _why(path: str, error: OSError) -> str:
    if error.errno in {errno.ENOENT, errno.ENXIO} or not Path(path).exists():
        present = ", ".join(chips_present()) or "none"
        return f"no chip {path} (this machine has {present}): correct [lines] chip"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            f"not allowed to open {path}: add this user to the group gpio "
            "(sudo usermod -aG gpio USER) and start again"
        )
    if error.errno == errno.EBUSY:
        return f"a line of {path} is used by another program: stop it or wire another line"
    why = os.strerror(error.errno) if error.errno else str(error)
    return f"{path} is no GPIO chip or refuses these lines ({why}): correct [lines]"


def _lost(error: OSError) -> str:
    return f"the chip went away ({os.strerror(error.errno) if error.errno else error})"

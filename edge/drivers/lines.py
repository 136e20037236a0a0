"""Wires that are on or off: what every source of edges and every output offers.

Rules of this file: a line has a name in the configuration ("beam-a", "contact", "relay") and is
active or not; pull-ups and inverted logic are the driver's business. Time is the kernel's stamp
of the edge where there is one, in nanoseconds of CLOCK_MONOTONIC: two beams 5 cm apart are 50 ms
apart, which a busy event loop could not tell.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class Edge(NamedTuple):
    """A line changed; the first edge of each line tells how it stood at the beginning."""

    line: str
    active: bool
    at_ns: int


class InputLines(Protocol):
    """Inputs of one chip. Survives the loss of the chip; says each once in the log."""

    def edges(self) -> AsyncIterator[Edge]:
        """Edges for ever, in the order of their time, debounced."""
        ...

    def active(self, line: str) -> bool | None:
        """How a line stands now; None while it is not known."""
        ...


class OutputLines(Protocol):
    """Outputs of one chip: relay, buzzer, LEDs."""

    def set(self, line: str, *, active: bool) -> None:
        """Switch. Raises LineFault where the chip does not take it."""
        ...

    def close(self) -> None:
        """Let every line go back to inactive."""
        ...

"""Inputs and outputs of a GPIO chip, in the event loop, without threads.

Wiring: `offset` is the GPIO number of a Raspberry Pi, not the pin of the header (GPIO 17 is pin
11). Inputs take 3.3 V and no more; longer wires than 1 m want an optocoupler. Outputs give 8 mA:
an LED with its resistor, else a transistor or a relay board. At power-on all pins are inputs
with the board's own pulls, and a chip may let an output go when its program ends: a relay needs
its own pull to the side where it rests.

The kernel debounces and stamps the edges; where the chip does not debounce, `debounce` does.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping

from contract.clock import Clock
from edge.drivers.chip import Chip, InputRequest, OutputRequest, chip_named
from edge.drivers.debounce import Debouncer
from edge.drivers.errors import LineFault
from edge.drivers.line_config import InputLine, OutputLine
from edge.drivers.lines import Edge
from edge.drivers.waiting import Backoff, Trouble, happens_within

STEADY_S = 10.0
"""A chip that stood this long before it was lost is looked for again at once."""

_log = logging.getLogger(__name__)


class GpioInputs:
    """Inputs of one chip (`InputLines`). Of one object, the order of edges over lines is kept.

    `chip` is a name as `chip_named` takes it. After a loss each line is told anew.
    """

    def __init__(
        self, chip: str, lines: Mapping[str, InputLine], clock: Clock, chance: random.Random
    ) -> None:
        self._chip = chip_named(chip)
        self._lines = dict(lines)
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, chip, "lines")
        self._arrived = asyncio.Event()
        self._standing: dict[str, bool] = {}
        self._raw: list[Edge] = []
        self._lost: LineFault | None = None
        self._debouncer = Debouncer({}, {})

    async def edges(self) -> AsyncIterator[Edge]:
        """Edges until the consumer stops; the chip may come and go."""
        while True:
            request = await self._opened()
            opened_s = self._clock.monotonic_s()
            try:
                for edge in self._begin(request):
                    yield self._told(edge)
                while True:
                    for edge in await self._next():
                        yield self._told(edge)
            except LineFault as lost:
                self._trouble.say("lost", f"{lost}; waiting for it to come back")
            finally:
                self._end(request)
            if self._clock.monotonic_s() - opened_s > STEADY_S:
                self._backoff.reset()
            # A chip that opens and is lost at once must not keep the processor busy.
            await self._clock.sleep(self._backoff.next_s())

    def active(self, line: str) -> bool | None:
        """How a line stands; None before `edges` has begun and while the chip is lost."""
        return self._standing.get(line)

    @property
    def _now_ns(self) -> int:
        return int(self._clock.monotonic_s() * 1e9)

    async def _opened(self) -> InputRequest:
        while True:
            try:
                return self._chip.inputs(self._lines)
            except LineFault as error:
                self._trouble.say(error.why, f"{error}; trying again")
                await self._clock.sleep(self._backoff.next_s())

    def _begin(self, request: InputRequest) -> list[Edge]:
        """Listen, and how each line stands at this moment."""
        self._lost = None
        self._raw.clear()
        self._arrived.clear()
        at_ns = self._now_ns
        standing = request.standing()
        asyncio.get_running_loop().add_reader(request.fileno(), self._read, request)
        self._debouncer = Debouncer(self._debounce_ns(), standing)
        self._trouble.healed()
        return [Edge(line, active, at_ns) for line, active in standing.items()]

    def _debounce_ns(self) -> dict[str, int]:
        if self._chip.debounces:
            return {}
        return {name: int(line.debounce_ms * 1e6) for name, line in self._lines.items()}

    def _read(self, request: InputRequest) -> None:
        try:
            self._raw += request.take()
        except LineFault as error:
            self._lost = error
            asyncio.get_running_loop().remove_reader(request.fileno())
        self._arrived.set()

    async def _next(self) -> list[Edge]:
        """The edges that count next; none where a bounce came to nothing."""
        due_ns = self._debouncer.due_ns()
        if due_ns is None:
            await self._arrived.wait()
        else:
            wait_s = max(due_ns - self._now_ns, 0) / 1e9
            await happens_within(self._arrived, wait_s, self._clock)
        now_ns = self._now_ns
        self._arrived.clear()
        raw, self._raw = self._raw, []
        edges = [edge for one in raw for edge in self._debouncer.take(one)]
        if self._lost is not None and not edges:
            raise self._lost
        if self._lost is not None:
            self._arrived.set()
        return edges + self._debouncer.pass_to(now_ns)

    def _told(self, edge: Edge) -> Edge:
        self._standing[edge.line] = edge.active
        return edge

    def _end(self, request: InputRequest) -> None:
        self._standing.clear()
        asyncio.get_running_loop().remove_reader(request.fileno())
        request.close()


class GpioOutputs:
    """Outputs of one chip (`OutputLines`); opened at the first `set`, and again after a loss."""

    def __init__(self, chip: str, lines: Mapping[str, OutputLine]) -> None:
        self._chip: Chip = chip_named(chip)
        self._lines = dict(lines)
        self._request: OutputRequest | None = None

    def open(self) -> None:
        """Take the lines, all inactive. Raises LineFault with one sentence and what to do."""
        if self._request is None:
            self._request = self._chip.outputs(self._lines)

    def set(self, line: str, *, active: bool) -> None:
        """Switch. Raises LineFault; the next call tries the chip anew."""
        self.open()
        if self._request is None or line not in self._lines:
            raise LineFault(
                self._chip.name, f"no output is named {line}: add it to [lines.outputs]"
            )
        try:
            self._request.set(line, active=active)
        except LineFault:
            self._request.close()
            self._request = None
            raise

    def close(self) -> None:
        """Every line inactive, then free for others; a lost chip is let go."""
        if self._request is None:
            return
        try:
            for line in self._lines:
                self._request.set(line, active=False)
        except LineFault as error:
            _log.warning("lines=unreleased chip=%s: %s", self._chip.name, error)
        finally:
            self._request.close()
            self._request = None

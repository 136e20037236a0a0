"""The computer aboard for one shift: it boots with the key and says goodnight when it is turned.

A simulated vehicle has no wires: the simulator says `asleep` through the agent's link, as the
agent does where the key is wired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, Self

from contract.clock import Clock
from edge.drivers.plausible_dates import REPLAY_DATES
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.service import build_truck_agent
from simulator import __version__
from simulator.errors import SimulatorError

GOODNIGHT_S = 60.0
"""How long the computer stays on after the key is off, to have its last words confirmed."""


class AgentEnded(SimulatorError, RuntimeError):
    """An agent returned although nobody stopped it."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"the agent of {unit} ended by itself: its log says why")


class Aboard:
    """Runs the real agent of one vehicle inside `async with`."""

    def __init__(self, config: TruckAgentConfig, clock: Clock, chance: Random) -> None:
        self._unit = str(config.unit)
        self._clock = clock
        # A simulated day is past, maybe older than the program: a recording's dates are its own.
        self._agent = build_truck_agent(config, clock, chance, __version__, REPLAY_DATES)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._agent.run(), name=f"agent {self._unit}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running = self._running
        if running is None:
            return
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            # The whole run stops: the agent says `offline` and leaves by itself.
            self._agent.stop()
        else:
            running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def unless_ended(self, awaited: Coroutine[Any, Any, None]) -> None:
        """Wait for `awaited`. Raises what the agent raised, or AgentEnded, if it ends before."""
        waiting = asyncio.ensure_future(awaited)
        running = self._running
        if running is not None:
            await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                waiting.cancel()
                running.result()
                raise AgentEnded(self._unit)
        await waiting

    async def turn_key_off(self) -> None:
        """Say `asleep`, take the last position off the broker, and have both confirmed.

        Without network the words stay on disk, and are said at the next key.
        """
        link = self._agent.link
        link.announce("asleep")
        link.clear_retained("position")
        settled = asyncio.ensure_future(link.settled())
        tired = asyncio.ensure_future(self._clock.sleep(GOODNIGHT_S))
        try:
            await asyncio.wait({settled, tired}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            settled.cancel()
            tired.cancel()

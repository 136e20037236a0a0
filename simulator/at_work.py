"""A real agent that runs beside what the simulator does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from contract.clock import Clock
from edge.agent.running import Runnable
from edge.agent.service import AgentLink
from simulator.errors import SimulatorError

SYNCHRONISED_EVERY_S = 600.0


class AgentEnded(SimulatorError, RuntimeError):
    """An agent returned although nobody stopped it."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"the agent of {unit} ended by itself: its log says why")


class AtWork:
    """Runs the agent of `unit` inside `async with`."""

    def __init__(self, unit: str, agent: Runnable) -> None:
        self._unit = unit
        self._runnable = agent
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._runnable.run(), name=f"agent {self._unit}")
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
            self._runnable.stop()
        else:
            running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def unless_ended(self, awaited: Coroutine[Any, Any, None]) -> None:
        """Wait for `awaited`. Raises what the agent raised, or AgentEnded, if it ends before."""
        waiting = asyncio.ensure_future(awaited)
        running = self._running
        if running is not None:
            try:
                await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not waiting.done():
                    waiting.cancel()
            if running.done():
                running.result()
                raise AgentEnded(self._unit)
        await waiting


async def keep_time(link: AgentLink, clock: Clock) -> None:
    """Vouch for the clock of the run, as NTP does for that of a real machine; for ever."""
    while True:
        link.anchor("ntp", clock.now_ms(), clock.boot_ms())
        await clock.sleep(SYNCHRONISED_EVERY_S)

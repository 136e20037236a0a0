"""An agent at work: its own tasks beside the link, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from contract.clock import Clock
from contract.quantities import ClockSource
from edge.link.systemd import Watchdog

GOODBYE_S = 2.0
"""How long a stopping agent waits for its last words to be confirmed."""

LastState = Literal["offline", "asleep"]


class AgentLink(Protocol):
    """What an agent's life asks of its link."""

    def announce(self, state: LastState) -> None: ...

    def anchor(self, source: ClockSource, utc_ms: int, boot_ms: int) -> None: ...

    async def run(self) -> None: ...

    async def settled(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """One task of an agent; it runs until cancelled, and its end is the agent's."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


class Agent:
    """Runs the link, the watchdog and what is given to it; says goodbye when stopped.

    Args:
        link: closed at the end, whatever the end.
        clock: of the run.
        work: the agent's own tasks.
        watchdog: signs of life for systemd; None where nobody listens.
        at_end: called last before the link closes: what must be written down.
    """

    def __init__(
        self,
        link: AgentLink,
        clock: Clock,
        work: Sequence[Work],
        watchdog: Watchdog | None = None,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        self.link = link
        self._clock = clock
        self._work = tuple(work)
        self._watchdog = watchdog
        self._at_end = at_end
        self._last_state: LastState = "offline"
        self._stopping = asyncio.Event()

    def stop(self, last_state: LastState = "offline") -> None:
        """Say `last_state` and let `run` return."""
        self._last_state = last_state
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped or cancelled. Raises what ended one of its tasks."""
        running = [asyncio.create_task(self.link.run(), name="link")]
        running += [asyncio.create_task(work.run(), name=work.name) for work in self._work]
        if self._watchdog is not None:
            running.append(asyncio.create_task(self._watchdog.run(), name="watchdog"))
        stopping = asyncio.create_task(self._stopping.wait(), name="stopping")
        try:
            await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                await self._goodbye()
        finally:
            if self._at_end is not None:
                self._at_end()
            for task in (*running, stopping):
                task.cancel()
            endings = await asyncio.gather(*running, stopping, return_exceptions=True)
            self.link.close()
        for ending in endings:
            if isinstance(ending, Exception):
                raise ending

    async def _goodbye(self) -> None:
        self.link.announce(self._last_state)
        settled = asyncio.create_task(self.link.settled())
        too_late = asyncio.create_task(self._clock.sleep(GOODBYE_S))
        await asyncio.wait([settled, too_late], return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        too_late.cancel()

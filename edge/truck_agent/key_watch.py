"""The key at work: says asleep and online, clears the position, asks for the switching off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

from edge.drivers.lines import Edge
from edge.drivers.waiting import Trouble
from edge.truck_agent.ignition import Do, Ignition
from edge.truck_agent.memory import Memory
from edge.truck_agent.situation import Situation

Runner = Callable[[Sequence[str]], Awaitable[int]]
"""Runs a command, returns its exit code; raises OSError where it cannot be run."""

_log = logging.getLogger(__name__)


class KeyLink(Protocol):
    """What the key asks of the link."""

    def announce(self, state: Literal["online", "asleep"]) -> None: ...

    def clear_retained(self, stream: str) -> None: ...

    async def settled(self, stream: str | None = None) -> None: ...


async def run_command(command: Sequence[str]) -> int:
    """Run it to its end, apart from us."""
    process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
    return await process.wait()


class KeyWatch:
    """Follows the line of the key.

    Args:
        ignition: what turning means.
        link: told of sleep and waking.
        situation: the time.
        memory: how it was left.
        switch_off: the command; empty leaves the computer on.
        runner: runs it.
    """

    def __init__(
        self,
        ignition: Ignition,
        link: KeyLink,
        situation: Situation,
        memory: Memory,
        switch_off: Sequence[str],
        runner: Runner = run_command,
    ) -> None:
        self._ignition = ignition
        self._link = link
        self._situation = situation
        self._memory = memory
        self._switch_off = tuple(switch_off)
        self._runner = runner
        self._settling: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._trouble = Trouble(_log, "key", "switch_off")

    @property
    def on_duty(self) -> bool:
        """Whether positions may be said."""
        return self._ignition.on_duty

    @property
    def asleep(self) -> bool:
        """Whether the key is known to be off."""
        return self._ignition.asleep

    def begin(self) -> None:
        """Before the link speaks: a vehicle that was left asleep is not online."""
        if self.asleep:
            self._fall_asleep()

    def edge(self, edge: Edge) -> None:
        """The line of the key."""
        self._ignition.line(active=edge.active, now_s=self._situation.now_s)

    def tick(self, now_s: float, *, needed: bool) -> Do | None:
        """Do what is due; what was done."""
        settled = self._settling is None or self._settling.done()
        do = self._ignition.tick(now_s, settled=settled, needed=needed)
        if do is Do.FALL_ASLEEP:
            self._fall_asleep()
        elif do is Do.WAKE:
            self._wake()
        elif do is Do.SWITCH_OFF and self._switch_off:
            self._running = asyncio.create_task(self._run(), name="switch-off")
        return do

    def stop(self) -> None:
        """Wait for nothing any more; a command that runs is left running."""
        if self._settling is not None:
            self._settling.cancel()

    def _fall_asleep(self) -> None:
        self._memory.kept.asleep = True
        self._memory.save()
        self._link.announce("asleep")
        self._link.clear_retained("position")
        self.stop()
        self._settling = asyncio.create_task(self._link.settled(), name="key-settling")
        _log.info("key=off event=asleep")

    def _wake(self) -> None:
        self._memory.kept.asleep = False
        self._memory.save()
        self.stop()
        self._link.announce("online")
        _log.info("key=on event=awake")

    async def _run(self) -> None:
        _log.info("key=off event=switching_off")
        try:
            code = await self._runner(self._switch_off)
        except OSError as error:
            self._trouble.say("absent", f"{self._switch_off[0]} cannot be run ({error.strerror})")
            return
        if code:
            self._trouble.say("failed", f"{self._switch_off[0]} ended with {code}: the Pi stays on")
        else:
            self._trouble.healed()

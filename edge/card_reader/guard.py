"""The agent's end of the guard: starts it, gives it orders, starts another when it is dead."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Protocol

from contract.clock import Clock
from edge.card_reader.relay_guard import RELAY
from edge.drivers.line_config import OutputLine
from edge.drivers.waiting import Trouble
from edge.link.waiting import wait_at_most

START_AGAIN_S = 0.2
"""A dead guard may have left the lock released: its successor takes the line inactive."""
STUCK_S = 1.0
"""So long after the end of a pulse the guard must have said that it let go."""
READY_S = 10.0
"""A guard that is not ready by then is replaced."""
ORDER_LIVES_S = 5.0
"""An order that found no guard is given to the next one, but not to one that comes late."""

_log = logging.getLogger(__name__)


class Relay(Protocol):
    """What releases the lock."""

    def open(self, ms: int) -> None:
        """Release for so long from now. Never raises, never waits."""
        ...

    def close(self) -> None:
        """Lock now."""
        ...

    def on_fault(self, told: Callable[[bool], None]) -> None:
        """Call `told` with True when it cannot be trusted to lock, with False when it can."""
        ...

    async def run(self) -> None:
        """Keep it working, for ever."""
        ...


class GuardedRelay:
    """The relay behind its guard.

    Args:
        chip: as configured.
        line: of the relay.
        longest_ms: which the guard holds to.
        clock: of the run.
    """

    def __init__(self, chip: str, line: OutputLine, longest_ms: int, clock: Clock) -> None:
        level = "low" if line.active_low else "high"
        self._command = [
            sys.executable,
            "-m",
            "edge.card_reader.relay_guard",
            *(chip, str(line.offset), level, str(longest_ms)),
        ]
        self._longest_ms = longest_ms
        self._clock = clock
        self._told: list[Callable[[bool], None]] = []
        self._trouble = Trouble(_log, RELAY, "lock")
        self._process: Process | None = None
        self._is_ready = False
        self._quiet_s: float | None = None
        """By when the guard must have spoken: that it is ready, or that it let go."""
        self._order: tuple[int, float] | None = None
        self._changed = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Of the guard, while there is one."""
        return self._process.pid if self._process else None

    def open(self, ms: int) -> None:
        self._order = (min(ms, self._longest_ms), self._clock.monotonic_s())
        if self._is_ready:
            self._give(self._order[0])

    def close(self) -> None:
        self._order = None
        self._write("close\n")

    def on_fault(self, told: Callable[[bool], None]) -> None:
        self._told.append(told)

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self._guarded()
                    self._trouble.say("dead", "its guard is dead; starting another")
                except OSError as error:
                    self._trouble.say("unstarted", f"its guard cannot be started ({error})")
                await self._clock.sleep(START_AGAIN_S)
        finally:
            await self._end()

    async def _guarded(self) -> None:
        """One guard, from its start to its death."""
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        self._process = process
        self._quiet_s = self._clock.monotonic_s() + READY_S
        watching = asyncio.create_task(self._watch(process))
        try:
            await self._listen(process)
            await process.wait()
        finally:
            self._is_ready = False
            watching.cancel()

    async def _listen(self, process: Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            word, _, why = line.decode("utf-8", "replace").strip().partition(" ")
            if word == "ready":
                self._is_ready = True
                self._quiet_s = None
                self._recovered()
                self._give_again()
            elif word == "opened":
                self._order = None
            elif word == "released":
                self._quiet_s = None
                self._recovered()
            elif word == "fault":
                self._trouble.say("fault", why)
                self._tell(is_faulty=True)
            self._changed.set()

    async def _watch(self, process: Process) -> None:
        """Put an end to a guard that does not let go in time."""
        while True:
            self._changed.clear()
            if self._quiet_s is None:
                await self._changed.wait()
                continue
            left_s = self._quiet_s - self._clock.monotonic_s()
            if left_s > 0:
                await wait_at_most(self._clock, left_s, self._changed.wait())
                continue
            self._trouble.say("stuck", "its guard did not let go in time; replacing it")
            self._tell(is_faulty=True)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            return

    def _give(self, ms: int) -> None:
        self._quiet_s = self._clock.monotonic_s() + ms / 1_000 + STUCK_S
        self._write(f"open {ms}\n")
        self._changed.set()

    def _give_again(self) -> None:
        """The order that the guard before may not have carried out."""
        order, self._order = self._order, None
        if order is not None and self._clock.monotonic_s() - order[1] < ORDER_LIVES_S:
            self._give(order[0])

    def _write(self, order: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(OSError, RuntimeError):
            self._process.stdin.write(order.encode())

    def _recovered(self) -> None:
        self._trouble.healed()
        self._tell(is_faulty=False)

    def _tell(self, *, is_faulty: bool) -> None:
        for told in self._told:
            told(is_faulty)

    async def _end(self) -> None:
        """The end of its input is the guard's end."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()

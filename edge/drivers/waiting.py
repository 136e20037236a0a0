"""Waiting that ends, on the clock of the run; and saying trouble once."""

from __future__ import annotations

import asyncio
import logging
import random

from contract.clock import Clock


async def happens_within(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Whether `event` is set, waiting for it at most `seconds`."""
    if event.is_set():
        return True
    waiter = asyncio.ensure_future(event.wait())
    sleeper = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({waiter, sleeper}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
        sleeper.cancel()
    return event.is_set()


class Backoff:
    """Seconds to wait before each next attempt: doubling, capped, jittered."""

    def __init__(self, chance: random.Random, first_s: float = 0.25, most_s: float = 10.0) -> None:
        self._chance = chance
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s

    def reset(self) -> None:
        """The last attempt succeeded."""
        self._next_s = self._first_s

    def next_s(self) -> float:
        """The next wait: between half of and the whole doubled time."""
        wait_s = self._next_s * self._chance.uniform(0.5, 1.0)
        self._next_s = min(self._next_s * 2, self._most_s)
        return wait_s


class Trouble:
    """One log line when something breaks, one when it heals; another fault is another line.

    `of` is what is missing meanwhile, `what` the device that should give it.
    """

    def __init__(self, log: logging.Logger, what: str, of: str = "position") -> None:
        self._log = log
        self._what = what
        self._of = of
        self._present: str | None = None

    def say(self, kind: str, sentence: str) -> None:
        """It is broken, in the way `kind`."""
        if kind != self._present:
            self._present = kind
            self._log.warning("%s=down source=%s: %s", self._of, self._what, sentence)

    def healed(self, *kinds: str) -> None:
        """It works again; with `kinds`, only those faults are over."""
        if self._present is None or (kinds and self._present not in kinds):
            return
        self._present = None
        self._log.warning("%s=up source=%s: works again", self._of, self._what)

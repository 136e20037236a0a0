"""The only clock of the project, and its doubles.

Rules of this file: every reading of the time and every sleep of every program goes through a
`Clock`; the linter refuses `time.time`, `asyncio.sleep` and their like anywhere else. Real
time (`SystemClock`) serves production, TLS and housekeeping; simulated time serves the living
territory; manual time serves tests.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time as a program sees it."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary origin, never going back; for durations."""
        ...

    def boot_ms(self) -> int:
        """Milliseconds since the machine booted, sleep included (CLOCK_BOOTTIME)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def boot_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """Time that started at `simulated_start_ms` when the real clock read `real_start_ms`.

    The triple is given to every process of a run, so that all agree. It runs `rate` times as
    fast as real time and stops at the present: a simulation never shows the future.
    """

    real_start_ms: int
    simulated_start_ms: int
    rate: float

    def now_ms(self) -> int:
        real_ms = time.time_ns() // 1_000_000
        simulated_ms = self.simulated_start_ms + (real_ms - self.real_start_ms) * self.rate
        return int(min(simulated_ms, real_ms))

    def monotonic_s(self) -> float:
        return time.monotonic() * self.rate

    def boot_ms(self) -> int:
        return int(time.clock_gettime_ns(time.CLOCK_BOOTTIME) * self.rate) // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.rate)

    def encoded(self) -> str:
        """The triple as text, for an environment variable or an option."""
        return f"{self.real_start_ms},{self.simulated_start_ms},{self.rate!r}"


class ManualClock:
    """A clock that moves when told to; sleepers wake in order when their time has come."""

    def __init__(self, now_ms: int = 1_790_000_000_000, boot_ms: int = 60_000) -> None:
        self._now_ms = float(now_ms)
        self._boot_ms = float(boot_ms)
        self._monotonic_s = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return int(self._now_ms)

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def boot_ms(self) -> int:
        return int(self._boot_ms)

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._monotonic_s + max(seconds, 0.0), future))
        await future

    def step_wall_ms(self, milliseconds: int) -> None:
        """Set the wall clock forward or back without any time passing."""
        self._now_ms += milliseconds

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking each sleeper at its moment."""
        target_s = self._monotonic_s + seconds
        await _settle()
        while due := [s for s in self._sleepers if s[0] <= target_s and not s[1].done()]:
            wake_s, future = min(due, key=lambda s: s[0])
            self._pass(max(wake_s - self._monotonic_s, 0.0))
            self._sleepers.remove((wake_s, future))
            future.set_result(None)
            await _settle()
        self._pass(target_s - self._monotonic_s)
        self._sleepers = [s for s in self._sleepers if not s[1].done()]
        await _settle()

    def _pass(self, seconds: float) -> None:
        self._monotonic_s += seconds
        self._now_ms += seconds * 1_000
        self._boot_ms += seconds * 1_000


async def _settle() -> None:
    """Give every ready task its turn, so that what a wake-up starts has started."""
    for _ in range(20):
        await asyncio.sleep(0)


def clock_from_text(text: str | None) -> Clock:
    """A `SimulatedClock` of "real_start_ms,simulated_start_ms,rate", or real time of None.

    Raises ValueError where the text is not such a triple or the rate is not above 0.
    """
    if not text:
        return SystemClock()
    try:
        real_start, simulated_start, rate = text.split(",")
        clock = SimulatedClock(int(real_start), int(simulated_start), float(rate))
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a clock: give real_start_ms,simulated_start_ms,rate"
        ) from error
    if not clock.rate > 0:
        raise ValueError(f"clock rate {clock.rate} must be above 0")
    return clock

"""Running a source in a test, and waiting for what it must do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from contract.clock import SystemClock
from edge.drivers.position_source import Fix, PositionSource

DEADLINE_S = 10.0
START_MS = 1_790_000_000_000


def fix_at(second: int, **changed: object) -> Fix:
    """A fix `second` seconds into the run."""
    fields = {
        "observed_ms": START_MS + second * 1_000,
        "latitude": 44.5 + second / 10_000,
        "longitude": 3.5,
        "speed_m_s": 10.0,
        "course_deg": 45.0,
        "satellites": 9,
    } | changed
    return Fix(**fields)


def repeatable() -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(1)  # noqa: S311 - nothing secret hangs on it


async def until(condition: Callable[[], bool], what: str) -> None:
    """Return once `condition` holds; fail after the deadline."""
    clock = SystemClock()
    end_s = clock.monotonic_s() + DEADLINE_S
    while not condition():
        assert clock.monotonic_s() < end_s, f"waited {DEADLINE_S} s for: {what}"
        await clock.sleep(0.005)


@asynccontextmanager
async def heard(source: PositionSource) -> AsyncIterator[list[Fix]]:
    """The fixes of `source`, as they come."""
    fixes: list[Fix] = []

    async def listen() -> None:
        async with aclosing(source.fixes()) as stream:
            async for fix in stream:
                fixes.append(fix)  # noqa: PERF401 - they are looked at as they come

    task = asyncio.create_task(listen())
    try:
        yield fixes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

"""Waiting for what a device or a client must do."""

from __future__ import annotations

import random
from collections.abc import Callable

from contract.clock import SystemClock

DEADLINE_S = 15.0


async def until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return once `condition` holds; fail after the deadline."""
    clock = SystemClock()
    end_s = clock.monotonic_s() + deadline_s
    while not condition():
        assert clock.monotonic_s() < end_s, f"waited {deadline_s} s for: {what}"
        await clock.sleep(0.005)


def repeatable() -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(1)  # noqa: S311 - nothing secret hangs on it

"""Waiting for what another thread does, with a deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable

from contract.clock import SystemClock

DEADLINE_S = 20.0


def wait_until(true: Callable[[], bool]) -> None:
    """Return when `true()`; fails where it does not come to pass."""
    clock, never = SystemClock(), threading.Event()
    deadline_s = clock.monotonic_s() + DEADLINE_S
    while not true():
        assert clock.monotonic_s() < deadline_s, "it did not happen in time"
        never.wait(0.01)

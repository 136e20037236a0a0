"""Waiting on a chip of lines, in real time: on its history, never on a guess."""

from __future__ import annotations

from collections.abc import Callable

from contract.clock import SystemClock
from edge.drivers.gpio_fake import FakeChip

RELAY, CONTACT, EXIT, TAMPER = 27, 17, 22, 23
PATIENCE_S = 15.0


async def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> float:
    """Monotonic seconds at which `holds` was first seen to hold."""
    clock = SystemClock()
    begun_s = clock.monotonic_s()
    while not holds():
        assert clock.monotonic_s() - begun_s < seconds, f"waited in vain until {what}"
        await clock.sleep(0.005)
    return clock.monotonic_s()


def pulses(chip: FakeChip, offset: int = RELAY) -> list[float]:
    """Length in seconds of each time the line was active and is no longer."""
    spans, since_ns = [], None
    for change in chip.history(offset):
        if change.level and since_ns is None:
            since_ns = change.at_ns
        elif not change.level and since_ns is not None:
            spans.append((change.at_ns - since_ns) / 1e9)
            since_ns = None
    return spans

"""Without systemd the watchdog waits; it does not end, which would end the agent."""

import asyncio

import pytest

from contract.clock import ManualClock
from edge.link.systemd import Watchdog


async def test_a_watchdog_nobody_asked_for_never_ends(monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    clock = ManualClock()
    running = asyncio.create_task(Watchdog(clock).run())

    await clock.advance(3_600)

    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

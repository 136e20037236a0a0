"""What systemd wants to hear: ready, alive, stopping; silence where nobody listens."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

from contract.clock import Clock


def notify(state: str) -> None:
    """Send `state` ("READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=...") to systemd, if any."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    # A service manager that is restarting must not take the vehicle down with it.
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as sender:
        sender.sendto(state.encode(), address)


def watchdog_interval_s() -> float | None:
    """Half of the interval in which systemd wants a sign of life, or None."""
    try:
        microseconds = int(os.environ.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return microseconds / 2_000_000 if microseconds > 0 else None


class Watchdog:
    """Signs of life from the main loop, only while every task makes progress.

    Each task calls `beat` more often than its promise; one that stops doing so stops the signs,
    and systemd restarts the whole agent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._promised_s: dict[str, float] = {}
        self._beaten_s: dict[str, float] = {}

    def promise(self, task: str, every_s: float) -> None:
        """`task` will beat at least every `every_s` seconds from now on."""
        self._promised_s[task] = every_s
        self.beat(task)

    def release(self, task: str) -> None:
        """`task` has ended, as it should."""
        self._promised_s.pop(task, None)

    def beat(self, task: str) -> None:
        """`task` has made progress."""
        self._beaten_s[task] = self._clock.monotonic_s()

    def late(self) -> list[str]:
        """Tasks that broke their promise."""
        now_s = self._clock.monotonic_s()
        return [
            task
            for task, every_s in self._promised_s.items()
            if now_s - self._beaten_s[task] > every_s
        ]

    async def run(self) -> None:
        """Say ready, then alive for as long as nobody is late; for ever."""
        notify("READY=1")
        interval_s = watchdog_interval_s()
        while interval_s is not None:
            if not self.late():
                notify("WATCHDOG=1")
            await self._clock.sleep(interval_s)
        # systemd wants no signs of life; an agent takes the end of a task for its own end.
        await asyncio.Event().wait()

"""libosdp's own control panel, in its own thread, on a port."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import osdp

from edge.drivers.osdp_frames import WholeFrames
from firmware_tests.waiting import until


class PortChannel(osdp.Channel):
    """Whole frames only: this version of libosdp loses a reply that comes in two pieces."""

    def __init__(self, port: str) -> None:
        super().__init__()
        self._fd = os.open(port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        self._frames = WholeFrames()

    def read(self, max_bytes: int) -> bytes:
        with contextlib.suppress(BlockingIOError):
            self._frames.feed(os.read(self._fd, 4_096))
        return self._frames.take(max_bytes)

    def write(self, buf: bytes) -> int:
        return os.write(self._fd, buf)

    def flush(self) -> None:
        self._frames.forget()

    def close(self) -> None:
        os.close(self._fd)


class LibosdpPanel:
    """`events` are what it was told, in order."""

    def __init__(self, port: str, address: int, key: bytes | None, *flags: int) -> None:
        self.address = address
        self.events: list[dict[str, Any]] = []
        self._channel = PortChannel(port)
        reader = osdp.PDInfo(address, self._channel, scbk=key, flags=list(flags))
        self.library = osdp.ControlPanel(
            [reader], log_level=osdp.LogLevel.Emergency, event_handler=self._told
        )
        self.library.start()

    async def secure(self) -> None:
        await until(lambda: self.library.is_sc_active(self.address), "a secure channel")

    async def told(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        await until(lambda: any(map(wanted, self.events)), "an event")
        return next(filter(wanted, self.events))

    def order(self, command: int, **fields: object) -> None:
        assert self.library.submit_command(self.address, {"command": command, **fields})

    def _told(self, _reader: int, event: dict[str, Any]) -> int:
        self.events.append(event)
        return 0

    def close(self) -> None:
        self.library.teardown()
        self._channel.close()


@contextlib.asynccontextmanager
async def panel(
    port: str, address: int, key: bytes | None, *flags: int
) -> AsyncIterator[LibosdpPanel]:
    made = LibosdpPanel(port, address, key, *flags)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)

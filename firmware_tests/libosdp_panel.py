"""libosdp's own control panel, in its own thread, on a port."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import osdp

from firmware_tests.waiting import until


class PortChannel(osdp.Channel):
    """Hands a reply on once it is whole: this version of libosdp loses one that comes in pieces.

    Nothing is checked or left out on the way; judging is libosdp's.
    """

    def __init__(self, port: str) -> None:
        super().__init__()
        self._fd = os.open(port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        self._come = bytearray()
        self._whole = bytearray()

    def read(self, max_bytes: int) -> bytes:
        with contextlib.suppress(BlockingIOError):
            self._come += os.read(self._fd, 4_096)
        if self._is_whole():
            self._whole += self._come
            self._come.clear()
        taken = bytes(self._whole[:max_bytes])
        del self._whole[:max_bytes]
        return taken

    def write(self, buf: bytes) -> int:
        return os.write(self._fd, buf)

    def flush(self) -> None:
        self._come.clear()
        self._whole.clear()

    def close(self) -> None:
        os.close(self._fd)

    def _is_whole(self) -> bool:
        """Whether as much has come as the last beginning of a frame announces."""
        begin = self._come.rfind(b"\x53")
        while begin >= 0:
            length = int.from_bytes(self._come[begin + 2 : begin + 4], "little")
            if begin + 4 <= len(self._come) and begin + length <= len(self._come):
                return True
            begin = self._come.rfind(b"\x53", 0, begin)
        return False


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

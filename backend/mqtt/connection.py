"""One TCP or TLS connection: bytes in, packets out, reading paced and stopped on demand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from backend.mqtt.errors import MalformedPacket
from backend.mqtt.packets import DISCONNECT_PACKET, Control, Message, PacketReader

GATHER_S = 0.005
"""After a busy read, the next one waits so long: one read of a hundred messages costs the
kernel and the event loop what one of a single message costs."""
BUSY_WITHIN_S = 0.010
"""Reads that follow each other faster than this are busy."""


class Connection(asyncio.Protocol):
    """`lost` is done, with the reason, when the connection is over."""

    def __init__(self, receive: Callable[[list[Message], list[Control]], None]) -> None:
        self._receive = receive
        self._reader = PacketReader()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._held = False
        self._gathering = False
        self._heard_s = self._loop.time()
        self.lost: asyncio.Future[str] = self._loop.create_future()

    def send(self, data: bytes) -> None:
        """Write; nothing happens on a lost connection."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Say goodbye and close."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(DISCONNECT_PACKET)
            self._transport.close()

    def hold(self) -> None:
        """Stop reading."""
        self._held = True
        self._pace()

    def release(self) -> None:
        """Read on."""
        if self._held:
            self._heard_s = self._loop.time()
        self._held = False
        self._pace()

    def silent_for_s(self) -> float:
        """How long nothing has been heard; 0 while we do not listen."""
        return 0.0 if self._held else self._loop.time() - self._heard_s

    async def drained(self) -> None:
        """Return when the write buffer is below its high-water mark."""
        await self._writable.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's promise for TCP
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            messages, controls = self._reader.feed(data)
        except MalformedPacket as error:
            self._end(str(error))
            if self._transport is not None:
                self._transport.abort()
            return
        now_s = self._loop.time()
        if now_s - self._heard_s < BUSY_WITHIN_S and messages and not self._gathering:
            self._gathering = True
            self._pace()
            self._loop.call_later(GATHER_S, self._gathered)
        self._heard_s = now_s
        self._receive(messages, controls)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ssl.SSLError):
            why = f"TLS failed ({exc.reason})"
        else:
            why = str(exc) if exc else "the broker closed it"
        self._end(why)

    def _gathered(self) -> None:
        self._gathering = False
        self._pace()

    def _pace(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._held or self._gathering:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _end(self, why: str) -> None:
        self._writable.set()
        if not self.lost.done():
            self.lost.set_result(why)

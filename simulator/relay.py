"""The modem of a vehicle: a TCP relay to the broker that has network or has none.

Without network every connection breaks and each new one breaks at once, as a modem in a valley
reports; the port stays the same, so the link finds its broker again when the network is back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

READ_BYTES = 65_536


class Relay:
    """Listens on a loopback port and hands bytes on to the broker while there is network."""

    def __init__(self, host: str, port: int) -> None:
        self._broker = host, port
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._network = True
        self.port = 0

    @property
    def network(self) -> bool:
        """Whether bytes pass."""
        return self._network

    async def start(self) -> None:
        """Listen on a free port, then in `port`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break what is connected."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)

    def cut(self) -> None:
        """Lose the network."""
        self._network = False
        for writer, task in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()

    def restore(self) -> None:
        """Find it again."""
        self._network = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if not self._network or task is None:
            writer.transport.abort()
            return
        self._connections[writer] = task
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._relayed(reader, writer)
        finally:
            del self._connections[writer]
            self._end(writer)

    async def _relayed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._broker)
        pumps = {
            asyncio.ensure_future(_pump(reader, far_writer)),
            asyncio.ensure_future(_pump(far_reader, writer)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._end(far_writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        """With network, what was said before the line closed still goes out: a DISCONNECT, say."""
        if self._network:
            writer.close()
        else:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            await writer.drain()

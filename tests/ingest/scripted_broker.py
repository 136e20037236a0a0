"""A broker that does what a test says, packet by packet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

from contract.broker_url import BrokerAddress

CONNECTED, CONNECTED_AGAIN = b"\x20\x02\x00\x00", b"\x20\x02\x01\x00"
SUBSCRIBED, NOT_SUBSCRIBED = b"\x90\x03\x00\x01\x01", b"\x90\x03\x00\x01\x80"
DEADLINE_S = 10


class Peer:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def packet(self) -> tuple[int, bytes]:
        """First byte and body of the next packet."""
        async with asyncio.timeout(DEADLINE_S):
            first = (await self._reader.readexactly(1))[0]
            length = shift = 0
            while True:
                digit = (await self._reader.readexactly(1))[0]
                length |= (digit & 0x7F) << shift
                shift += 7
                if digit < 0x80:
                    return first, await self._reader.readexactly(length)

    async def welcome(self, connack: bytes = CONNECTED, suback: bytes = SUBSCRIBED) -> bytes:
        """CONNECT and SUBSCRIBE; returns the body of CONNECT."""
        first, connect = await self.packet()
        assert first == 0x10
        self.send(connack)
        assert (await self.packet())[0] == 0x82
        self.send(suback)
        return connect

    async def gone(self) -> None:
        """Return when the other side has closed."""
        async with asyncio.timeout(DEADLINE_S):
            while await self._reader.read(65_536):
                pass

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def scripted_broker(script: Callable[[Peer, int], Awaitable[None]]):
    """Runs `script(peer, connection number)` for each connection; yields the address."""
    count = 0
    tasks: set[asyncio.Task[None]] = set()
    failures: list[Exception] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await script(Peer(reader, writer), count)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        except Exception as failure:  # noqa: BLE001 - whatever a script asserts fails the test
            failures.append(failure)
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield BrokerAddress("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures:
        raise failures[0]

"""A modem without network breaks what is connected, refuses what comes, and recovers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from simulator.relay import Relay

DEADLINE_S = 5.0


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    broker = await asyncio.start_server(echo, "127.0.0.1", 0)
    relay = Relay("127.0.0.1", broker.sockets[0].getsockname()[1])
    await relay.start()
    yield relay
    await relay.stop()
    broker.close()


async def said_back(relay: Relay) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(b"ping")
    async with asyncio.timeout(DEADLINE_S):
        assert await reader.readexactly(4) == b"ping"
    return reader, writer


async def test_bytes_pass_both_ways_and_an_end_is_handed_on(relay: Relay) -> None:
    reader, writer = await said_back(relay)
    writer.write(b"last words")
    writer.close()
    async with asyncio.timeout(DEADLINE_S):
        await writer.wait_closed()
    assert reader is not None


async def test_a_cut_breaks_the_connection_and_refuses_new_ones(relay: Relay) -> None:
    reader, _ = await said_back(relay)
    relay.cut()
    assert not relay.network
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        new_reader, _ = await asyncio.open_connection("127.0.0.1", relay.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await new_reader.readexactly(1)


async def test_the_same_port_works_again_afterwards(relay: Relay) -> None:
    port = relay.port
    relay.cut()
    relay.restore()
    assert relay.port == port
    await said_back(relay)


async def test_an_absent_broker_is_a_broken_connection() -> None:
    relay = Relay("127.0.0.1", 1)
    await relay.start()
    reader, _ = await asyncio.open_connection("127.0.0.1", relay.port)
    async with asyncio.timeout(DEADLINE_S):
        assert await reader.read(1) == b""
    await relay.stop()

"""The link between agent and broker can be cut, swallowed and made slow."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from benchmarks.outage.relay import Relay, Shape
from contract.clock import SystemClock

CLOCK = SystemClock()


@asynccontextmanager
async def relayed(shape=None):
    async def echo(reader, writer):
        while data := await reader.read(4_096):
            writer.write(data)

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    relay = Relay(server.sockets[0].getsockname()[1], shape)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
        server.close()


async def first_byte(port):
    reader, _ = await asyncio.open_connection("127.0.0.1", port)
    return await reader.readexactly(1)


async def test_bytes_pass_both_ways():
    async with relayed() as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"there and back")
        assert await asyncio.wait_for(reader.readexactly(14), 5) == b"there and back"


async def test_a_cut_resets_and_refuses_until_healed():
    async with relayed() as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"x")
        await asyncio.wait_for(reader.readexactly(1), 5)
        relay.cut()
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(reader.readexactly(1), 5)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(first_byte(relay.port), 5)

        relay.heal()
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"y")
        assert await asyncio.wait_for(reader.readexactly(1), 5) == b"y"


async def test_a_swallowed_byte_comes_when_the_link_heals():
    async with relayed() as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        relay.swallow()
        writer.write(b"z")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.1)
        relay.heal()
        assert await asyncio.wait_for(reader.readexactly(1), 5) == b"z"


async def test_a_shaped_link_has_its_delay_and_its_rate():
    async with relayed(Shape(bytes_per_s=20_000, delay_s=0.1)) as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        start = CLOCK.monotonic_s()
        writer.write(b"x")
        await asyncio.wait_for(reader.readexactly(1), 5)
        assert CLOCK.monotonic_s() - start >= 0.2

        start = CLOCK.monotonic_s()
        writer.write(b"x" * 8_000)
        await asyncio.wait_for(reader.readexactly(8_000), 5)
        assert 0.5 < CLOCK.monotonic_s() - start < 2.0

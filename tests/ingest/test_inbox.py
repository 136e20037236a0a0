"""What waits: gathered while it trickles, taken at once where a person waits, bounded."""

from __future__ import annotations

import asyncio

import pytest

from backend.ingest.inbox import Inbox
from backend.ingest.settings import IngestSettings
from contract.broker_url import BrokerAddress
from tests.ingest import harness as h

NEVER_S = 1_000.0


def inbox(calls=None, **fields: float):
    calls = [] if calls is None else calls
    settings = IngestSettings(
        broker=BrokerAddress("127.0.0.1", 1),
        territory=h.TERRITORY,
        client_id="x",
        **{"linger_s": 0.001} | fields,
    )
    return Inbox(settings, lambda: calls.append("hold"), lambda: calls.append("release"))


async def test_a_trickle_is_gathered():
    box = inbox()
    box.put(1, 10, [h.position(1)])
    box.put(1, 11, [h.position(2)])
    batch = await box.take()
    assert batch.messages == [h.position(1), h.position(2)]
    assert (batch.generation, batch.received_ms, len(box)) == (1, 10, 0)


@pytest.mark.parametrize("urgent", [h.alarm(1), h.tap(1), h.status(1), h.hello()])
async def test_what_is_urgent_does_not_wait(urgent):
    box = inbox(linger_s=NEVER_S)
    box.put(1, 10, [h.position(1)])
    box.put(1, 11, [urgent])
    async with asyncio.timeout(5):
        assert len((await box.take()).messages) == 2


async def test_a_full_batch_does_not_wait():
    box = inbox(linger_s=NEVER_S, batch_messages=3)
    box.put(1, 10, [h.position(n) for n in range(1, 4)])
    async with asyncio.timeout(5):
        assert len((await box.take()).messages) == 3


async def test_connections_are_never_mixed_in_a_batch():
    """Their acknowledgements would be."""
    box = inbox()
    box.put(1, 10, [h.position(1)])
    box.put(2, 10, [h.position(2)])
    assert (await box.take()).generation == 1
    assert (await box.take()).generation == 2


async def test_a_batch_spans_no_more_than_a_second_of_receipt():
    box = inbox()
    box.put(1, 10_000, [h.position(1)])
    box.put(1, 12_000, [h.position(2)])
    assert (await box.take()).received_ms == 10_000
    assert (await box.take()).received_ms == 12_000


async def test_too_much_waiting_stops_the_reading_until_there_is_room():
    calls = []
    box = inbox(calls, max_waiting_messages=4, batch_messages=2)
    for n in range(1, 6):
        box.put(1, 10, [h.position(n)])
    assert calls == ["hold"]
    await box.take()
    assert calls == ["hold"]
    await box.take()
    assert calls == ["hold", "release"]
    assert len((await box.take()).messages) == 1


async def test_what_was_received_is_not_changed_by_gathering():
    box = inbox()
    received = [h.position(1)]
    box.put(1, 10, received)
    box.put(1, 10, [h.position(2)])
    await box.take()
    assert len(received) == 1

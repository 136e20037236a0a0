"""The feed inside a process and through a real broker, and a state that follows it."""

from __future__ import annotations

import asyncio
import random

import pytest

from backend.live.errors import FeedOverrun
from backend.live.feed import InProcessFeed, MqttFeed
from backend.live.follow import follow
from backend.live.snapshot import Latest, put_latest
from backend.live.state import LiveState
from backend.live.subscription import Subscription
from backend.records.open import open_records
from backend.records.transaction import writing
from contract import codec
from contract.backend import AcceptedBatch
from contract.broker_url import BrokerAddress
from contract.clock import ManualClock, SystemClock
from tests.live.test_state import BUS, lost, position
from tests.peers.mosquitto import running_mosquitto

DEADLINE_S = 15


async def test_every_listener_hears_every_batch():
    feed = InProcessFeed()
    one, other = feed.subscribe(), feed.subscribe()
    batch = AcceptedBatch(accepted=(position(1, 1),))
    feed.publish(batch)
    assert await anext(one) is batch
    assert await anext(other) is batch


async def test_a_slow_listener_is_told_and_goes_on():
    slow = Subscription(max_messages=3)
    for seq in range(1, 6):
        slow.put(AcceptedBatch(accepted=(position(seq, seq),)))
    with pytest.raises(FeedOverrun):
        await anext(slow)
    after = AcceptedBatch(accepted=(position(6, 6),))
    heard = await anext(slow)
    slow.put(after)
    assert heard.accepted[0].message == position(5, 5).message
    assert await anext(slow) is after


async def test_a_listener_that_is_gone_costs_nothing():
    feed = InProcessFeed()
    subscription = feed.subscribe()
    del subscription
    feed.publish(AcceptedBatch())
    assert len(feed._subscribers._all) == 0


async def test_following_loads_the_snapshot_hears_the_feed_and_mends_holes(tmp_path):
    engine = open_records(f"sqlite:///{tmp_path / 'r.sqlite'}")

    def commit(seq):
        payload = bytes(position(seq, seq).message)
        with writing(engine) as connection:
            put_latest(connection, [Latest("bus/b1", "position", seq, seq, payload)])

    def seen():
        fix = live.state(BUS).position
        return fix.observed_ms if fix else 0

    commit(1)
    live, feed, clock, changed = LiveState(), InProcessFeed(), ManualClock(), asyncio.Event()
    task = asyncio.create_task(follow(live, engine, feed, clock, lambda _: changed.set()))

    async def until(seq):
        async with asyncio.timeout(DEADLINE_S):
            while seen() < seq:
                changed.clear()
                await changed.wait()

    await until(1)
    feed.publish(AcceptedBatch(accepted=(position(2, 2),)))
    await until(2)
    commit(3)
    feed._subscribers.miss()
    await until(3)
    commit(4)
    await clock.advance(31)
    await until(4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    engine.dispose()


async def test_through_the_broker_between_processes(tmp_path):
    with running_mosquitto(tmp_path) as broker:
        speaker, listener = (
            MqttFeed(
                broker.address,
                "lozere",
                name,
                SystemClock(),
                random.Random(1),  # noqa: S311 - jitter
                listen=name == "listener",
            )
            for name in ("speaker", "listener")
        )
        heard = listener.subscribe()
        tasks = [asyncio.create_task(feed.run()) for feed in (speaker, listener)]
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(FeedOverrun):
                await anext(heard)  # connected: whatever was said before is in the snapshot
            many = tuple(position(seq, seq) for seq in range(1, 1_202))
            while not speaker.connected:
                await SystemClock().sleep(0.01)
            speaker.publish(AcceptedBatch(accepted=many, lost_contact=(lost(7),)))
            parts = [await anext(heard) for _ in range(3)]
            assert tuple(a for part in parts for a in part.accepted) == many
            assert [len(part.lost_contact) for part in parts] == [0, 0, 1]
            broker.kill()
            broker.start()
            with pytest.raises(FeedOverrun):
                await anext(heard)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_feed_whose_broker_takes_nothing_stays_small():
    feed = MqttFeed(
        BrokerAddress("127.0.0.1", 1),
        "lozere",
        "speaker",
        SystemClock(),
        random.Random(1),  # noqa: S311 - jitter
    )
    for seq in range(1, 400):
        feed.publish(AcceptedBatch(accepted=(position(seq, seq),)))
    assert feed._session.unacknowledged == 0
    feed._session._subscribed = True
    for seq in range(1, 400):
        feed.publish(AcceptedBatch(accepted=(position(seq, seq),)))
    assert feed._session.unacknowledged == 200


def test_a_batch_is_the_same_on_the_other_side():
    batch = AcceptedBatch(accepted=(position(1, 1),), lost_contact=(lost(3),))
    assert codec.decode_accepted(codec.encode(batch)) == batch

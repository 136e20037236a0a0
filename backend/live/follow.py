"""Keep a LiveState true: the snapshot first, then the feed, and the snapshot again now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Engine

from backend.live.errors import FeedOverrun
from backend.live.state import LiveState, read_snapshot
from backend.live.subscription import AcceptedFeed, Subscription
from contract.clock import Clock
from contract.topics import Unit

REFRESH_S = 30.0
"""An ingest killed between its commit and its feed leaves a hole in the feed; it lasts so long."""


async def follow(
    live: LiveState,
    engine: Engine,
    feed: AcceptedFeed,
    clock: Clock,
    changed: Callable[[set[Unit]], None],
) -> None:
    """Keep `live` true until cancelled; `changed` hears which units changed.

    Args:
        live: the state to keep; empty or loaded.
        engine: the records store with the ingest's snapshot.
        feed: what the ingest accepts.
        clock: real time.
        changed: called in the event loop, never with an empty set.
    """
    subscription = feed.subscribe()
    await _refresh(live, engine, changed)
    async with asyncio.TaskGroup() as group:
        group.create_task(_listen(live, engine, subscription, changed), name="live-listen")
        group.create_task(_refresh_often(live, engine, clock, changed), name="live-refresh")


async def _listen(
    live: LiveState,
    engine: Engine,
    subscription: Subscription,
    changed: Callable[[set[Unit]], None],
) -> None:
    while True:
        try:
            batch = await anext(subscription)
        except FeedOverrun:
            await _refresh(live, engine, changed)
            continue
        units = live.apply(batch)
        if units:
            changed(units)


async def _refresh_often(
    live: LiveState, engine: Engine, clock: Clock, changed: Callable[[set[Unit]], None]
) -> None:
    while True:
        await clock.sleep(REFRESH_S)
        await _refresh(live, engine, changed)


async def _refresh(live: LiveState, engine: Engine, changed: Callable[[set[Unit]], None]) -> None:
    snapshot = await asyncio.to_thread(read_snapshot, engine)
    units = live.merge(*snapshot)
    if units:
        changed(units)

"""Bounded queues between the feed and its listeners; a slow listener harms nobody."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from typing import Protocol, Self

from backend.live.errors import FeedOverrun
from contract.backend import AcceptedBatch

MAX_WAITING_MESSAGES = 50_000
"""A listener that is so far behind is better served by the snapshot."""


class Subscription:
    """An endless async iterator over batches.

    Raises FeedOverrun once after something was missed, and goes on.
    """

    def __init__(self, max_messages: int = MAX_WAITING_MESSAGES) -> None:
        self._max = max_messages
        self._waiting: deque[AcceptedBatch] = deque()
        self._messages = 0
        self._missed = False
        self._ready = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AcceptedBatch:
        await self._ready.wait()
        if self._missed:
            self._missed = False
            if not self._waiting:
                self._ready.clear()
            raise FeedOverrun("batches were missed; load the snapshot and listen on")
        batch = self._waiting.popleft()
        self._messages -= len(batch.accepted)
        if not self._waiting:
            self._ready.clear()
        return batch

    def put(self, batch: AcceptedBatch) -> None:
        """Hand over a batch, giving up the waiting ones where they are too many."""
        self._waiting.append(batch)
        self._messages += len(batch.accepted)
        if self._messages > self._max and len(self._waiting) > 1:
            self.miss()
        self._ready.set()

    def miss(self) -> None:
        """Everything that waits is given up and the listener is told."""
        self._waiting.clear()
        self._messages = 0
        self._missed = True
        self._ready.set()


class AcceptedFeed(Protocol):
    """How accepted messages travel from the ingest to the services."""

    def publish(self, batch: AcceptedBatch) -> None:
        """Hand on one batch; never blocks and never fails."""
        ...

    def subscribe(self) -> Subscription:
        """Listen from now on."""
        ...


class Subscribers:
    """The listeners that are still there."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[Subscription] = weakref.WeakSet()

    def add(self) -> Subscription:
        """One more listener; it leaves by being forgotten."""
        subscription = Subscription()
        self._all.add(subscription)
        return subscription

    def put(self, batch: AcceptedBatch) -> None:
        """Hand a batch to all."""
        for subscription in list(self._all):
            subscription.put(batch)

    def miss(self) -> None:
        """Tell all that something was missed."""
        for subscription in list(self._all):
            subscription.miss()

"""What has been received and waits for its batch; bounded, and never a reason to poll."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from backend.ingest.settings import IngestSettings
from backend.mqtt.packets import Message
from contract.streams import STREAMS

TICK_S = 0.025
"""While a batch grows it is looked at so often; a tick without growth ends the wait."""
_ONE_STAMP_MS = 1_000
"""Messages received within a second of each other may share their time of receipt."""
_BUSY_MESSAGES = 500

_topic_of = itemgetter(0)


class Batch(NamedTuple):
    """Messages of one connection, to be stored and then acknowledged together."""

    generation: int
    received_ms: int
    messages: list[Message]


class _Urgency(dict[bytes, bool]):
    """Whether messages of a topic may not wait; remembered per topic."""

    _suffixes = tuple(f"/{s.name}".encode() for s in STREAMS if s.urgent or s.name == "status")

    def __missing__(self, topic: bytes) -> bool:
        if len(self) >= 100_000:
            self.clear()
        urgent = self[topic] = topic.endswith(self._suffixes)
        return urgent


class Inbox:
    """Filled by the connection, emptied by the pump.

    Args:
        settings: sizes and times.
        hold: called when too much waits.
        release: called when there is room again.
    """

    def __init__(
        self, settings: IngestSettings, hold: Callable[[], None], release: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._hold = hold
        self._release = release
        self._waiting: deque[Batch] = deque()
        self._count = 0
        self._held = False
        self._urgency = _Urgency()
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._last_count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, generation: int, received_ms: int, messages: list[Message]) -> None:
        """Add what was just received."""
        self._waiting.append(Batch(generation, received_ms, messages))
        self._count += len(messages)
        if self._count >= self._settings.max_waiting_messages and not self._held:
            self._held = True
            self._hold()
        if self._due.is_set():
            return
        if self._count >= self._settings.batch_messages or any(
            map(self._urgency.__getitem__, map(_topic_of, messages))
        ):
            self._fire()
        elif self._timer is None:
            self._ticks = 0
            self._last_count = self._count
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settings.linger_s, self._tick)

    async def take(self) -> Batch:
        """The next batch, as soon as it is worth taking."""
        await self._due.wait()
        first = self._waiting.popleft()
        messages = first.messages
        while self._waiting and len(messages) < self._settings.batch_messages:
            following = self._waiting[0]
            if (
                following.generation != first.generation
                or following.received_ms - first.received_ms > _ONE_STAMP_MS
            ):
                break
            messages = messages if messages is not first.messages else messages.copy()
            messages += self._waiting.popleft().messages
        self._count -= len(messages)
        if not self._waiting:
            self._due.clear()
        if self._held and self._count < self._settings.max_waiting_messages // 2:
            self._held = False
            self._release()
        return Batch(first.generation, first.received_ms, messages)

    def _tick(self) -> None:
        """Wait on only while a large batch grows."""
        self._ticks += 1
        grown = self._count - self._last_count
        self._last_count = self._count
        waited_s = self._settings.linger_s + self._ticks * TICK_S
        if (
            self._count < _BUSY_MESSAGES
            or grown < _BUSY_MESSAGES // 10
            or waited_s >= self._settings.busy_linger_s
        ):
            self._fire()
            return
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _fire(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due.set()

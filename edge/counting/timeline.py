"""Events in the order of their time, each once, though they come late, mixed and twice.

Rules of this file: pure; what is older than the newest by more than the window is settled and
its order stands. An event older than what is settled is `late`.
"""

from __future__ import annotations

import bisect
from collections import deque

from edge.counting.events import Event

WINDOW_MS = 10_000
"""A tap is decided and written down some seconds after the beam saw its person."""
REMEMBERED = 4_096
"""Settled events that are known again when told twice: some hours of a busy door."""


class Timeline:
    """The events that are not settled yet, and the memory of those that are."""

    def __init__(self, window_ms: int = WINDOW_MS) -> None:
        self._window_ms = window_ms
        self._waiting: list[tuple[int, str, Event]] = []
        self._settled_ms = 0
        self._known: set[Event] = set()
        self._order: deque[Event] = deque()

    def is_new(self, event: Event) -> bool:
        """Whether it was not heard before; from now on it was."""
        if event in self._known:
            return False
        self._known.add(event)
        self._order.append(event)
        if len(self._order) > REMEMBERED:
            self._known.discard(self._order.popleft())
        return True

    def is_late(self, event: Event) -> bool:
        """Whether its place in the order is settled already."""
        return event.at_ms < self._settled_ms

    def add(self, event: Event) -> list[Event]:
        """Put an event in its place; what is settled by it, oldest first."""
        bisect.insort(self._waiting, _placed(event))
        return self.settle(self._waiting[-1][0] - self._window_ms)

    def settle(self, until_ms: int) -> list[Event]:
        """What is older than `until_ms`; nothing older will be waited for."""
        self._settled_ms = max(self._settled_ms, until_ms)
        count = bisect.bisect_left(self._waiting, (self._settled_ms, ""))
        settled, self._waiting = self._waiting[:count], self._waiting[count:]
        return [event for _at, _name, event in settled]

    def waiting(self) -> list[Event]:
        """What is not settled, in the order of now."""
        return [event for _at, _name, event in self._waiting]


def _placed(event: Event) -> tuple[int, str, Event]:
    """By time; events of one millisecond in an order that does not depend on their coming."""
    return (event.at_ms, repr(event), event)

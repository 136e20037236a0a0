"""What dispatch has written to the driver: the last few messages, in memory only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 8
MOST_CHARACTERS = 280


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `at_ms` is when it came here."""

    text: str
    at_ms: int


class Messages:
    """The newest first."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=MOST)

    def add(self, text: str, at_ms: int) -> None:
        """One more; control characters have no place on a screen."""
        clean = "".join(c if c.isprintable() else " " for c in text[:MOST_CHARACTERS])
        self._messages.appendleft(Message(clean, at_ms))

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages)

"""Cards as an OSDP reader tells them: a number each time one is held before it.

Rules of this file: standard OSDP never tells that a card has left, so one counts as gone when
its number has not come again for a second. A number nobody waited for is stale soon: a door
must not open for somebody who has walked away.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from contract.clock import Clock
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import ReaderFault

GONE_S = 1.0
STALE_S = 2.0


class NumberCard:
    """A card of which the reader tells the number only: never enough for a door by itself."""

    speaks: Literal["uid_only"] = "uid_only"

    def __init__(self, uid: bytes, reader: str) -> None:
        self.uid = uid
        self._reader = reader

    async def native(self, command: bytes) -> bytes:
        """Nothing can be said to it. Raises ReaderFault always."""
        raise ReaderFault(
            self._reader, f"it tells numbers only; {len(command)} bytes cannot be put to the card"
        )


class NumberDesk:
    """Turns numbers read into cards that come and go."""

    def __init__(self, reader: str, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._last: NumberCard | None = None
        self._last_s = 0.0
        self._waiting: NumberCard | None = None
        self._came = asyncio.Event()

    def read(self, uid: bytes) -> None:
        """The reader has just told this number."""
        now_s = self._clock.monotonic_s()
        still_there = self._last is not None and now_s - self._last_s < GONE_S
        if self._last is None or not still_there or self._last.uid != uid:
            self._last = self._waiting = NumberCard(uid, self._reader)
            self._came.set()
        self._last_s = now_s

    async def next_card(self) -> NumberCard:
        """The next card that is not stale."""
        while True:
            await self._came.wait()
            self._came.clear()
            card, self._waiting = self._waiting, None
            if card is not None and self._clock.monotonic_s() - self._last_s < STALE_S:
                return card

    async def removed(self, card: CardChannel) -> None:
        """Wait until its number has not come for a second, or another one has."""
        while card is self._last and (left_s := self._left_s()) > 0:
            await self._clock.sleep(left_s)

    def _left_s(self) -> float:
        return self._last_s + GONE_S - self._clock.monotonic_s()

"""A reader head without a bus: cards that are functions. The fake beside every `CardReader`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, TypeAlias

from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import CardGone, ReaderFault

Answers: TypeAlias = Callable[[bytes], bytes | None]
"""A card: what it answers to a native command; None is silence."""


class FakeCardReader:
    """A `CardReader` whose field is filled and emptied by the methods below."""

    def __init__(self) -> None:
        self._card: FakeCard | None = None
        self._given: FakeCard | None = None
        self._plugged = True
        self._changed = asyncio.Event()

    def put(
        self, uid: bytes, answers: Answers | None = None, exchanges: int | None = None
    ) -> FakeCard:
        """A card enters; without `answers` it only has a UID, after `exchanges` it is pulled."""
        card = FakeCard(self, uid, answers, exchanges)
        self._change(card, plugged=self._plugged)
        return card

    def take(self) -> None:
        """The card leaves."""
        self._change(None, plugged=self._plugged)

    def unplug(self) -> None:
        """The reader is pulled out; a card stays where it lies."""
        self._given = None
        self._change(self._card, plugged=False)

    def plug(self) -> None:
        """The reader is there again."""
        self._change(self._card, plugged=True)

    async def next_card(self) -> FakeCard:
        """Wait for a card that was not there before."""
        while not self._plugged or self._card is None or self._card is self._given:
            await self._changed.wait()
        self._given = self._card
        return self._card

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has left the field."""
        while self._plugged and self._card is card:
            await self._changed.wait()

    @property
    def connected(self) -> bool:
        """Until it is unplugged or closed."""
        return self._plugged

    async def close(self) -> None:
        """Nothing to give back; it no longer sees cards."""
        self.unplug()

    def sees(self, card: FakeCard) -> bool:
        """Whether `card` is in the field of a reader that works."""
        if not self._plugged:
            raise ReaderFault("fake", "it was unplugged")
        return self._card is card

    def _change(self, card: FakeCard | None, *, plugged: bool) -> None:
        self._card, self._plugged = card, plugged
        self._changed.set()
        self._changed = asyncio.Event()


class FakeCard:
    """A `CardChannel` that counts what it is asked."""

    def __init__(
        self, reader: FakeCardReader, uid: bytes, answers: Answers | None, exchanges: int | None
    ) -> None:
        self.asked: list[bytes] = []
        self._reader = reader
        self._uid = uid
        self._answers = answers
        self._exchanges = exchanges

    @property
    def uid(self) -> bytes:
        """As it was made."""
        return self._uid

    @property
    def speaks(self) -> Literal["iso14443_4", "uid_only"]:
        """By whether it answers at all."""
        return "uid_only" if self._answers is None else "iso14443_4"

    async def native(self, command: bytes) -> bytes:
        """One exchange. Raises CardGone and ReaderFault."""
        if not self._reader.sees(self) or self._answers is None:
            raise CardGone
        if self._exchanges is not None and len(self.asked) >= self._exchanges:
            self._reader.take()
            raise CardGone
        self.asked.append(command)
        answer = self._answers(command)
        if answer is None:
            raise CardGone("it no longer answers")
        return answer

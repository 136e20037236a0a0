"""From the feed: what devices say of their rights, and that taps have come."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from sqlalchemy import Connection

from backend.access.hearing import Heard, heard
from backend.live.errors import FeedOverrun
from backend.live.snapshot import read_latest
from backend.live.subscription import Subscription
from contract.codec import decode_uplink
from contract.errors import MalformedMessage
from contract.uplink import Envelope

_TELLING = ("ack", "health")


class Listener:
    """Collects until asked; one event loop owns it.

    Args:
        subscription: what the ingest accepts.
        doors: units whose rights are published, kept up to date by the owner.
    """

    def __init__(self, subscription: Subscription, doors: Collection[str]) -> None:
        self._subscription = subscription
        self._doors = doors
        self._words: list[Heard] = []
        self.tapped = asyncio.Event()
        self.spoken = asyncio.Event()
        self.missed = False
        """Something was missed; the latest messages in the records make up for it."""

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                batch = await anext(self._subscription)
            except FeedOverrun:
                self.missed = True
                self.tapped.set()
                continue
            for accepted in batch.accepted:
                if accepted.stream == "tap":
                    self.tapped.set()
                elif accepted.stream in _TELLING:
                    unit = f"{accepted.kind}/{accepted.unit}"
                    self._hear(unit, accepted.stream, bytes(accepted.message))

    def words(self) -> list[Heard]:
        """What was said since the last call, in order of arrival."""
        words, self._words = self._words, []
        self.spoken.clear()
        return words

    def _hear(self, unit: str, stream: str, payload: bytes) -> None:
        # A unit without a door says nothing of rights, but one may ask for its first.
        if stream == "health" and unit not in self._doors:
            return
        word = heard_in(unit, stream, payload)
        if word is not None:
            self._words.append(word)
            self.spoken.set()


def latest_words(connection: Connection, doors: Collection[str]) -> list[Heard]:
    """The newest words of each door, as the ingest keeps them."""
    words = [
        heard_in(latest.unit, latest.stream, latest.payload)
        for latest in read_latest(connection)
        if latest.stream in _TELLING and latest.unit in doors
    ]
    return [word for word in words if word is not None]


def heard_in(unit: str, stream: str, payload: bytes) -> Heard | None:
    """What a stored message says of rights."""
    try:
        message = decode_uplink(stream, payload)
    except MalformedMessage:
        return None
    return heard(unit, message) if isinstance(message, Envelope) else None

"""Readers that exchange commands with cards, each with the hand that holds cards before it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from contract.card_file import NUMBER_BYTES, CardFile, territory_mark
from contract.clock import SystemClock
from contract.rights import CardKey
from edge.drivers.card_reader import CardReader
from edge.drivers.card_reader_fake import FakeCardReader
from edge.drivers.pn532 import Pn532Reader
from firmware_tests.rig import Rig
from firmware_tests.waiting import repeatable
from simulator.devices.co_pass import co_pass
from simulator.devices.contactless import Contactless
from simulator.devices.desfire import DesfireCard
from simulator.devices.pn532 import Pn532

TERRITORY = "lozere"
UIDS = (bytes.fromhex("04112233445566"), bytes.fromhex("04AABBCCDDEE01"))


class Issued:
    """A co-pass and what a door holds about it; `generation` 1 is a card of EV1."""

    def __init__(self, uid: bytes, generation: int = 2) -> None:
        keys = [secrets.token_bytes(16) for _ in range(4)]
        self.file = CardFile(territory_mark(TERRITORY), secrets.token_bytes(NUMBER_BYTES))
        memory = co_pass(uid, self.file, keys, secrets.token_bytes(16), generation)
        self.card = DesfireCard(memory, secrets.token_bytes)
        self.key = CardKey(b"tag-of-8", keys[0], 1, "ev1" if generation == 1 else "ev2")


class Pulled:
    """A card that is pulled away by `take_away` when asked once more than `exchanges` times."""

    def __init__(self, card: Contactless, exchanges: int, take_away: Callable[[], None]) -> None:
        self._card = card
        self._left = exchanges
        self._take_away = take_away
        self.wake = card.wake
        self.sleep = card.sleep
        self.lose_power = card.lose_power

    def exchange(self, command: bytes) -> bytes | None:
        if self._left == 0:
            self._take_away()
            return None
        self._left -= 1
        return self._card.exchange(command)


class CardBench(Protocol):
    """A reader and the hand."""

    reader: CardReader
    uids: tuple[bytes, bytes]
    patience_s: float

    def hold(self, uid: bytes) -> None:
        """Any card with that UID."""
        ...

    def hold_card(self, card: Contactless) -> None:
        """This card."""
        ...

    def take_away(self) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    async def close(self) -> None: ...


class Pn532Bench:
    """Our driver on the emulated chip."""

    uids, patience_s = UIDS, 15.0

    def __init__(self, directory: Path, _rig: Rig | None = None) -> None:
        link = directory / "reader"
        self.device = Pn532(link=link)
        self.reader = Pn532Reader(str(link), SystemClock(), repeatable())

    def hold(self, uid: bytes) -> None:
        self.hold_card(Issued(uid).card)

    def hold_card(self, card: Contactless) -> None:
        self.device.card_in(card)

    def take_away(self) -> None:
        self.device.card_out()

    def unplug(self) -> None:
        self.device.unplug()

    def plug(self) -> None:
        self.device.plug()

    async def close(self) -> None:
        await self.reader.close()
        self.device.close()


class FakeBench:
    """The fake beside the drivers."""

    uids, patience_s = UIDS, 15.0

    def __init__(self, _directory: Path, _rig: Rig | None = None) -> None:
        self.reader = FakeCardReader()

    def hold(self, uid: bytes) -> None:
        self.hold_card(Issued(uid).card)

    def hold_card(self, card: Contactless) -> None:
        answer = card.wake()
        self.reader.put(answer.uid, card.exchange if answer.ats else None)

    def take_away(self) -> None:
        self.reader.take()

    def unplug(self) -> None:
        self.reader.unplug()

    def plug(self) -> None:
        self.reader.plug()

    async def close(self) -> None:
        await self.reader.close()

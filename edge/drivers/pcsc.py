"""A card reader on PC/SC: a USB reader on a desk, by pcscd and pyscard.

`apt install pcscd libpcsclite-dev`, and pyscard by the extra `pcsc`. PC/SC calls block, so they
are made in one thread of the reader's own. One task uses a reader at a time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from contract.clock import Clock
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import CardGone, ReaderFault
from edge.drivers.pcsc_calls import Calls, Session
from edge.drivers.waiting import Backoff, Trouble

STORAGE_CARD = bytes.fromhex("804f0ca000000306")
"""In the ATR of a card that only has memory (PC/SC part 3, section 3.1.3.2.3.2)."""
_WRAPPED = 0x90
_NATIVE_STATUS = 0x91
_NO_ANSWER = {b"\x63\x00", b"\x64\x00"}
"""How readers say that the card kept silent."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class PcscReader:
    """A `CardReader`. Reader and pcscd may come and go.

    `name` is part of the reader's name; empty takes the first.
    """

    def __init__(self, name: str, clock: Clock, chance: random.Random) -> None:
        self._calls = Calls(name)
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, name or "pcsc", "reader")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pcsc")
        self._given: PcscCard | None = None

    async def next_card(self) -> PcscCard:
        """Wait for a card that was not there before."""
        while True:
            try:
                session = await self._aside(self._calls.look)
            except ReaderFault as fault:
                self._trouble.say("lost", f"{fault}; trying again")
                await self._clock.sleep(self._backoff.next_s())
                continue
            self._backoff.reset()
            self._trouble.healed()
            if session is not None and (self._given is None or session is not self._given.session):
                self._given = PcscCard(self, session)
                return self._given

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has left the field, or the reader is gone."""
        try:
            while (given := self._given) is card and given is not None:
                if await self._aside(self._calls.look) is not given.session:
                    return
        except ReaderFault as fault:
            self._trouble.say("lost", f"{fault}; trying again")

    @property
    def connected(self) -> bool:
        """Whether pcscd has the reader."""
        return self._calls.is_connected

    async def close(self) -> None:
        """Let card and reader go."""
        await self._aside(self._calls.close)
        self._thread.shutdown(wait=False)

    async def exchanged(self, session: Session, apdu: bytes) -> bytes:
        """The card's answer with its status word. For the card of this reader."""
        return await self._aside(lambda: self._calls.exchanged(session, apdu))

    async def _aside(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


class PcscCard:
    """A `CardChannel`: the card of a reader."""

    def __init__(self, reader: PcscReader, session: Session) -> None:
        self.session = session
        self._reader = reader

    @property
    def uid(self) -> bytes:
        """As the reader tells it."""
        return self.session.uid

    @property
    def speaks(self) -> Literal["iso14443_4", "uid_only"]:
        """By its ATR."""
        return "uid_only" if STORAGE_CARD in self.session.atr else "iso14443_4"

    async def native(self, command: bytes) -> bytes:
        """One exchange, wrapped as ISO 7816-4 wants it."""
        if self.speaks == "uid_only":
            raise CardGone("it takes no commands")
        data = command[1:]
        sent = bytes([len(data)]) + data if data else b""
        apdu = bytes([_WRAPPED, command[0], 0, 0]) + sent + b"\x00"
        answer = await self._reader.exchanged(self.session, apdu)
        data, status = answer[:-2], answer[-2:]
        if status in _NO_ANSWER:
            raise CardGone("it no longer answers")
        # Another status word is that of a card which is no DESFire; its first byte says so.
        return (status[1:] if status[0] == _NATIVE_STATUS else status) + data

"""A PN532 card reader on a serial port.

Wiring: PN532 TX to the Pi's RXD (GPIO 15, pin 10) and RX to TXD (GPIO 14, pin 8), 3.3 V logic,
5 V or 3.3 V supply as the board says, its switches set to UART (HSU); or any USB adapter. The
antenna needs 10 mm distance from metal. One task uses a reader at a time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from typing import Literal

from contract.clock import Clock
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import CardGone, PortLost, PortUnavailable, ReaderFault
from edge.drivers.pn532_link import Pn532Link
from edge.drivers.waiting import Backoff, Trouble

DIAGNOSE = 0x00
RF_CONFIGURATION = 0x32
LIST_TARGETS = 0x4A

BAUD = 115_200
CALL_S = 2.0
"""A reader that sees no card is asked so often whether it is still there; a card whose coming
was lost on the wire is found then at the latest."""
PRESENCE_S = 0.15
"""Between two looks whether a card has left."""
MOST_ANSWER_BYTES = 1_024
"""Far above any answer of a co-pass: a card that chains for ever must not hold the door."""
_IS_CARD_THERE = b"\x06"
_ONE_TYPE_A = b"\x01\x00"
_FIELD_OFF = b"\x01\x00"
_RETRIES = b"\x05\xff\x01"
_FOR_EVER, _ONCE = 0xFF, 0x00
_SPEAKS_14443_4 = 0x20
_MORE, _STATUS = 0x40, 0x3F
_FIRST = b"\x01"
"""The number of the only target."""

_log = logging.getLogger(__name__)


class Pn532Reader:
    """A `CardReader`. The port may come and go."""

    def __init__(self, port: str, clock: Clock, chance: random.Random, baud: int = BAUD) -> None:
        self._port = port
        self._baud = baud
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, port, "reader")
        self._link: Pn532Link | None = None
        self._retries: int | None = None
        self._present: Pn532Card | None = None

    async def next_card(self) -> Pn532Card:
        """Wait for a card that was not there before."""
        if self._present is not None and self._present.answers:
            await self.removed(self._present)
        while True:
            try:
                link = await self._connected()
                # Without power every card forgets what it was doing and can be listed again; and
                # the reply tells that the reader is still there.
                await self._field_off(link)
                found = await self._listed(link, _FOR_EVER, CALL_S)
            except (PortLost, ReaderFault) as fault:
                self._lose(fault)
                # One that opens and is lost at once must not keep the processor busy.
                await self._clock.sleep(self._backoff.next_s())
                continue
            if found is not None:
                self._present = Pn532Card(self, *found)
                return self._present

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has left the field, or the reader is gone."""
        while (present := self._present) is card and present is not None:
            try:
                if self._link is None or not await self._is_there(self._link, present):
                    present.answers = False
                    self._present = None
                    return
            except (PortLost, ReaderFault) as fault:
                self._lose(fault)
                return
            await self._clock.sleep(PRESENCE_S)

    @property
    def connected(self) -> bool:
        """Whether the chip has answered since the port was opened."""
        return self._link is not None

    async def close(self) -> None:
        """Field off, port back."""
        if self._link is not None:
            with suppress(PortLost, ReaderFault):
                await self._field_off(self._link)
            self._drop()

    async def exchanged(self, command: bytes) -> tuple[int, bytes]:
        """The chip's status and the card's answer. For the card of this reader."""
        if self._link is None:
            raise ReaderFault(self._port, "it is not connected")
        try:
            answer = await self._link.exchange(_FIRST + command)
            data = answer[1:]
            while answer[:1] == bytes([_MORE]) and len(data) <= MOST_ANSWER_BYTES:
                answer = await self._link.exchange(_FIRST)
                data += answer[1:]
        except PortLost as lost:
            self._lose(lost)
            raise ReaderFault(self._port, "it was unplugged") from lost
        if len(data) > MOST_ANSWER_BYTES:
            raise CardGone(f"its answer does not end after {MOST_ANSWER_BYTES} bytes")
        return answer[0] & _STATUS if answer else _STATUS, data

    async def _connected(self) -> Pn532Link:
        while self._link is None:
            link = None
            try:
                link = Pn532Link(self._port, self._baud)
                await link.start()
            except (PortUnavailable, PortLost, ReaderFault) as fault:
                self._trouble.say(type(fault).__name__, f"{fault}; trying again")
                if link is not None:
                    link.close()
                await self._clock.sleep(self._backoff.next_s())
                continue
            except asyncio.CancelledError:
                if link is not None:
                    link.close()
                raise
            self._link, self._retries = link, None
            self._backoff.reset()
            self._trouble.healed()
        return self._link

    def _lose(self, fault: PortLost | ReaderFault) -> None:
        self._trouble.say("lost", f"{fault}; waiting for it to come back")
        self._drop()

    def _drop(self) -> None:
        if self._present is not None:
            self._present.answers = False
            self._present = None
        if self._link is not None:
            self._link.close()
            self._link = None

    async def _is_there(self, link: Pn532Link, card: Pn532Card) -> bool:
        if card.answers and card.speaks == "iso14443_4":
            if await link.command(DIAGNOSE, _IS_CARD_THERE) == b"\x00":
                return True
            card.answers = False
        await self._field_off(link)
        found = await self._listed(link, _ONCE, CALL_S)
        return found is not None and found[0] == card.uid

    async def _field_off(self, link: Pn532Link) -> None:
        await link.command(RF_CONFIGURATION, _FIELD_OFF)

    async def _listed(
        self, link: Pn532Link, retries: int, within_s: float
    ) -> tuple[bytes, int] | None:
        """UID and SAK of the card in the field; None without one."""
        if retries != self._retries:
            await link.command(RF_CONFIGURATION, _RETRIES + bytes([retries]))
            self._retries = retries
        reply = await link.patient(LIST_TARGETS, _ONE_TYPE_A, within_s)
        if not reply or not reply[0]:
            return None
        # Number of targets, their number, SENS_RES (2), SAK, length of the UID, UID, ATS.
        if len(reply) < 6 or len(reply) < 6 + reply[5]:
            raise ReaderFault(self._port, f"a card that cannot be ({len(reply)} bytes of it)")
        return reply[6 : 6 + reply[5]], reply[4]


class Pn532Card:
    """A `CardChannel`: the card of a reader. `answers` until it is gone or torn."""

    def __init__(self, reader: Pn532Reader, uid: bytes, sak: int) -> None:
        self._reader = reader
        self._uid = uid
        self._sak = sak
        self.answers = True

    @property
    def uid(self) -> bytes:
        """As it came in anticollision."""
        return self._uid

    @property
    def speaks(self) -> Literal["iso14443_4", "uid_only"]:
        """By its SAK."""
        return "iso14443_4" if self._sak & _SPEAKS_14443_4 else "uid_only"

    async def native(self, command: bytes) -> bytes:
        """One exchange; after CardGone the card is lost to this channel."""
        if not self.answers:
            raise CardGone
        try:
            status, answer = await self._reader.exchanged(command)
        except (CardGone, ReaderFault):
            self.answers = False
            raise
        if status:
            self.answers = False
            raise CardGone(_WORDS.get(status, f"the reader says error {status:02X}"))
        return answer


_WORDS = {
    0x01: "it no longer answers",
    0x02: "its answer was damaged on the air",
    0x27: "it is not selected",
    0x29: "it was released",
    0x2B: "another card took its place",
}
"""Some statuses of UM0701-02 section 7.1."""

"""A door reader on RS-485 that speaks OSDP, over its secure channel only.

Wiring: reader A/B to a USB-RS-485 adapter or an RS-485 board on the Pi's UART, 120 ohm at the
far end of a long line, ground with it; one reader per port. 9,600 baud unless set otherwise.

Standard OSDP gives the card's number and nothing else: the reader keeps what it knows of the
card to itself. Such a card speaks "uid_only", so it identifies a person at a desk or a bus and
is never enough for a door by itself; a door takes a transparent reader (PN532, PC/SC).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping

from contract.clock import Clock
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import PortLost, PortUnavailable, PortUser, ReaderFault
from edge.drivers.osdp_cards import NumberCard, NumberDesk
from edge.drivers.osdp_outputs import OsdpOutputs
from edge.drivers.osdp_panel import KEY_BYTES, OsdpPanel
from edge.drivers.serial_line import SerialLine
from edge.drivers.waiting import Backoff, Trouble

BAUD = 9_600
STEP_S = 0.03
"""A poll of libosdp is 50 ms apart; more steps would only warm the Pi (0.7 % of a PC core)."""
SECURE_WITHIN_S = 5.0
"""libosdp asks again after 1 s; a reader that has not joined by then does not know the key."""

_USER = PortUser("door reader", "[reader]")
_log = logging.getLogger(__name__)


class OsdpReader:
    """A `CardReader` whose `outputs` are its relay, buzzer and LED. The reader may come and go.

    `key` is the secure channel base key of this reader, 16 bytes, never the one every reader is
    sold with. Raises ReaderFault where it is no such key.
    """

    def __init__(
        self,
        port: str,
        key: bytes,
        clock: Clock,
        chance: random.Random,
        *,
        address: int = 0,
        baud: int = BAUD,
    ) -> None:
        if len(key) != KEY_BYTES or key == bytes(range(0x30, 0x40)):
            raise ReaderFault(port, "its key must be 16 bytes of its own, not the one of delivery")
        self.outputs = OsdpOutputs(port, self._submit)
        self._port = port
        self._key = key
        self._address = address
        self._baud = baud
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, port, "reader")
        self._tampering = Trouble(_log, port, "reader_case")
        self._desk = NumberDesk(port, clock)
        self._panel: OsdpPanel | None = None
        self._serving: asyncio.Task[None] | None = None

    async def next_card(self) -> NumberCard:
        """Wait for a card that was not there before."""
        self.start()
        return await self._desk.next_card()

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has not been told for a second."""
        await self._desk.removed(card)

    @property
    def connected(self) -> bool:
        """Whether a secure channel is in force."""
        return self._panel is not None and self._panel.secure

    @property
    def tampered(self) -> bool | None:
        """Whether its case is open; None while it is not known."""
        return self._panel.tampered if self._panel is not None else None

    def start(self) -> None:
        """Talk to the reader from now on; the first `next_card` does it too."""
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name=f"osdp {self._port}")

    async def close(self) -> None:
        """Stop talking and give the port back."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            self._serving = None

    def _submit(self, command: Mapping[str, object]) -> bool:
        return self._panel is not None and self._panel.submit(command)

    async def _serve(self) -> None:
        while True:
            try:
                await self._talk()
            except (PortUnavailable, ReaderFault) as error:
                self._trouble.say(type(error).__name__, f"{error}; trying again")
            except PortLost as lost:
                self._trouble.say("lost", f"{lost}; waiting for it to come back")
            await self._clock.sleep(self._backoff.next_s())

    async def _talk(self) -> None:
        """Until the port is lost, or the reader does not join or has left."""
        line = SerialLine(self._port, self._baud, _USER)
        try:
            panel = self._panel = OsdpPanel(line, self._address, self._key, self._desk.read)
            alone_s = self._clock.monotonic_s()
            while True:
                panel.refresh()
                if panel.secure:
                    alone_s = self._clock.monotonic_s()
                    self._backoff.reset()
                    self._trouble.healed()
                    self._say_tampering(panel)
                elif self._clock.monotonic_s() - alone_s > SECURE_WITHIN_S:
                    raise ReaderFault(self._port, _why_alone(panel))
                await self._clock.sleep(STEP_S)
        finally:
            self._panel = None
            line.close()

    def _say_tampering(self, panel: OsdpPanel) -> None:
        if panel.tampered:
            self._tampering.say("open", "its case is open: look at it, and close it")
        elif panel.tampered is False:
            self._tampering.healed()


def _why_alone(panel: OsdpPanel) -> str:
    if panel.heard:
        return "it answers and refuses our key: set [reader] key to the one it was given"
    return "it does not answer: check power, A and B, and [reader] address and baud"

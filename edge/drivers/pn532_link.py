"""Commands to a PN532 and its replies, over a serial port.

One command at a time (NXP UM0701-02 section 6.2): command, ACK, reply. What is lost or damaged on
the wire is mended here: a command that got no ACK is sent again, a reply that is damaged or does
not come is asked for again. An exchange with a card is never sent twice: the card may have heard
it the first time, and its session would be over.
"""

from __future__ import annotations

import asyncio
from collections import deque

from edge.drivers.errors import CardGone, PortUser, ReaderFault
from edge.drivers.pn532_frames import ACK, NACK, Event, FrameReader, Reply, Signal, encode
from edge.drivers.serial_line import SerialLine

FIRMWARE = 0x02
SET_PARAMETERS = 0x12
SAM_CONFIGURATION = 0x14
EXCHANGE = 0x40

ACK_S = 0.1
"""The chip acknowledges within 15 ms; the rest is for the machine to wake up."""
REPLY_S = 0.3
"""Longer than a card's longest wait (77 ms for DESFire) with the chip's own repetitions."""
SENDINGS = 3
_WAKE_UP = bytes.fromhex("5555") + bytes(14)
"""Edges that wake the chip, and the 1.2 ms at 115,200 baud that its oscillator needs."""
_PN532 = 0x32
_AUTOMATIC_ATS = b"\x14"
_NORMAL_MODE = b"\x01"
USER = PortUser("card reader", "[reader]")


class Pn532Link:
    """An open port with a chip behind it. Every method may raise PortLost and ReaderFault.

    Raises PortUnavailable when made.
    """

    def __init__(self, port: str, baud: int) -> None:
        self._port = port
        self._line = SerialLine(port, baud, USER)
        self._frames = FrameReader()
        self._events: deque[Event] = deque()
        self._asked_again = False
        """A reply was asked for twice, so that it may come twice."""

    async def start(self) -> None:
        """Wake the chip, end what an earlier program asked of it, make it a reader of cards."""
        self._line.write(_WAKE_UP + ACK)
        await self.command(SAM_CONFIGURATION, _NORMAL_MODE)
        chip = await self.command(FIRMWARE)
        if chip[:1] != bytes([_PN532]):
            raise ReaderFault(self._port, f"it is no PN532 (it says {chip.hex()})")
        await self.command(SET_PARAMETERS, _AUTOMATIC_ATS)

    async def command(self, code: int, data: bytes = b"") -> bytes:
        """The reply's data. For commands that may be repeated."""
        await self._take_up(code, data)
        return await self._answer(code)

    async def exchange(self, data: bytes) -> bytes:
        """The reply's data to InDataExchange. Raises CardGone where it is lost on the way."""
        if not await self._is_taken_up(EXCHANGE, data):
            raise CardGone("the reader did not hear the command")
        return await self._answer(EXCHANGE)

    async def patient(self, code: int, data: bytes, within_s: float) -> bytes | None:
        """The reply's data to a command that may wait; it is given up after `within_s`."""
        try:
            await self._take_up(code, data)
            reply = await self._reply_to(code, within_s)
        except asyncio.CancelledError:
            self._line.write(ACK)
            raise
        if reply is None:
            self._line.write(ACK)
        return reply

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    async def _take_up(self, code: int, data: bytes) -> None:
        for _ in range(SENDINGS):
            if await self._is_taken_up(code, data):
                return
        raise ReaderFault(
            self._port, "it does not answer: check its power, TX and RX, and the switches for UART"
        )

    async def _is_taken_up(self, code: int, data: bytes) -> bool:
        """Send; whether the chip has it: its ACK came, or at once the reply behind a lost ACK."""
        self._forget()
        is_strict, self._asked_again = self._asked_again, False
        self._line.write(encode(code, data))
        try:
            async with asyncio.timeout(ACK_S):
                event = await self._event()
                while event is Signal.DAMAGED or (is_strict and isinstance(event, Reply)):
                    event = await self._event()
        except TimeoutError:
            return False
        if event is not Signal.ACK:
            self._events.appendleft(event)
        return True

    def _forget(self) -> None:
        """What came so far belongs to an earlier command, or to a broken reply."""
        self._line.take()
        self._frames = FrameReader()
        self._events.clear()

    async def _answer(self, code: int) -> bytes:
        for _ in range(SENDINGS):
            reply = await self._reply_to(code, REPLY_S)
            if reply is not None:
                return reply
            self._forget()
            self._asked_again = True
            self._line.write(NACK)
        raise ReaderFault(self._port, f"no sound reply to command {code:02X}: check its wiring")

    async def _reply_to(self, code: int, within_s: float) -> bytes | None:
        """The reply, or None where it is damaged or late; replies to others are passed over."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    event = await self._event()
                    if isinstance(event, Reply) and event.code == code:
                        return event.data
                    if event is Signal.NOT_UNDERSTOOD:
                        raise ReaderFault(self._port, f"it does not know command {code:02X}")
                    if event is Signal.DAMAGED:
                        return None
        except TimeoutError:
            return None

    async def _event(self) -> Event:
        while not self._events:
            await self._line.arrived.wait()
            self._events.extend(self._frames.feed(self._line.take()))
        return self._events.popleft()

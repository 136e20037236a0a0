"""An OSDP door reader on a pty: real bytes at the pace of its wire, with faults on demand."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from contract.clock import Clock
from simulator.devices.osdp.framing import Frame, FrameReader
from simulator.devices.osdp.protocol import Conversation
from simulator.devices.osdp.state import ReaderState

BITS_PER_BYTE = 10
PACED_BYTES = 16


class Fault(Enum):
    """What can be wrong with one reply."""

    LOST = "lost"
    BAD_CHECK = "bad_check"
    JUNK = "junk"
    CUT = "cut"


class OsdpReader:
    """Owns a pty; `port` is what a panel opens. `link` always leads to the present pty.

    `faults` are taken one a reply, first to last. `deaf` answers nothing at all.
    """

    def __init__(
        self,
        state: ReaderState,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        *,
        address: int = 0,
        baud: int | None = 9_600,
        link: Path | None = None,
    ) -> None:
        self.state = state
        self.baud = baud
        self.faults: list[Fault] = []
        self.deaf = False
        self.answered = 0
        self.conversation = Conversation(state, address, random_bytes)
        self._clock = clock
        self._random_bytes = random_bytes
        self._link = link
        self._frames = FrameReader()
        self._commands: asyncio.Queue[Frame] = asyncio.Queue()
        self._answering = asyncio.ensure_future(self._answer_all())
        self._master = self._slave = -1
        self.port = ""
        self.plug()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def plug(self) -> None:
        """Be powered and wired: a new tty, a new conversation, under the old name."""
        if self._master >= 0:
            return
        self.conversation = Conversation(self.state, self.conversation.address, self._random_bytes)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._hear)
        self.port = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.port)
            self.port = str(self._link)

    def unplug(self) -> None:
        """Be torn off the wire: the panel's next read fails."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self._frames.pause()
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    async def close(self) -> None:
        """Disappear for good."""
        self.unplug()
        self._answering.cancel()
        await asyncio.gather(self._answering, return_exceptions=True)

    @property
    def noise(self) -> int:
        """Bytes heard that were no frame."""
        return self._frames.noise

    def _hear(self) -> None:
        try:
            data = os.read(self._master, 4_096)
        except OSError:
            return
        for frame in self._frames.feed(data):
            self._commands.put_nowait(frame)

    async def _answer_all(self) -> None:
        while True:
            frame = await self._commands.get()
            await self._pass(len(frame.signed) + len(frame.mac) + 2)
            reply = self.conversation.answer(frame, self._clock.monotonic_s())
            if reply is None or self.deaf:
                continue
            await self._send(reply)
            self.answered += 1
            self._move()

    async def _send(self, reply: bytes) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.LOST:
            return
        if fault is Fault.BAD_CHECK:
            reply = reply[:-1] + bytes([reply[-1] ^ 0x55])
        elif fault is Fault.JUNK:
            reply = bytes(range(0x20, 0x50)) + b"\xff" + reply
        elif fault is Fault.CUT:
            reply = reply[: len(reply) // 2]
        for at in range(0, len(reply), PACED_BYTES):
            piece = reply[at : at + PACED_BYTES]
            self._write(piece)
            await self._pass(len(piece))

    def _write(self, piece: bytes) -> None:
        if self._master < 0:
            return
        try:
            os.write(self._master, piece)
        except BlockingIOError:
            return  # nobody reads and the buffer is full: a wire forgets

    async def _pass(self, number: int) -> None:
        """The time `number` bytes take on the wire."""
        if self.baud is not None:
            await self._clock.sleep(number * BITS_PER_BYTE / self.baud)

    def _move(self) -> None:
        """Take the address and speed a COMSET asked for, now that its reply is out."""
        if self.state.communication is None:
            return
        self.conversation.address, baud = self.state.communication
        self.baud = baud if self.baud is not None else None
        self.state.communication = None

"""A PN532 on a pseudo-terminal, in a thread of its own.

A thread, so that a host in the same process may block, as its independent clients do, and so
that deadlines are met to some hundred microseconds, which the timers of an event loop cannot.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from contract.clock import Clock, SystemClock
from simulator.devices.contactless import Contactless
from simulator.devices.pn532.chip import Chip
from simulator.devices.pn532.commands import NotUnderstood, carry_out
from simulator.devices.pn532.faults import Fault, Faults, acknowledged, spoiled
from simulator.devices.pn532.field import Field
from simulator.devices.pn532.framing import CHIP, ERROR, HOST, Frame, FrameReader, Kind, encode
from simulator.devices.pn532.line import PacedLine
from simulator.devices.pn532.registers import WAKING_EDGES, rising_edges


class Pn532:
    """Plugged in from its making until `close`; every method may be called from any thread.

    The host opens `port`: `link` where one is given, which stays the same over `unplug` and
    `plug`. `baud` paces the bytes of both directions. What the radio and the chip's own
    processor take is not emulated.
    """

    def __init__(
        self,
        *,
        link: Path | None = None,
        baud: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._line = PacedLine(link, baud)
        self._baud = baud
        self._field = Field()
        self._faults = Faults()
        self._arriving: deque[tuple[float, Frame]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._ends = False
        self.plug()
        self._thread = threading.Thread(target=self._run, name="pn532", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What the host opens."""
        return self._line.port

    @property
    def passed_bytes(self) -> tuple[int, int]:
        """From the host and to it, since the emulator was made."""
        with self._lock:
            return self._line.came_bytes, self._line.went_bytes

    def card_in(self, card: Contactless) -> float:
        """`card` enters the field; the clock's monotonic seconds of that moment."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._field.enter(card)
            self._reply(self._chip.card_came(), now_s)
            self._wake()
            return now_s

    def card_out(self) -> Contactless | None:
        """The card leaves the field."""
        with self._lock:
            return self._field.leave()

    def fault(self, fault: Fault, after: int = 0) -> None:
        """`fault` strikes once, after `after` more commands, or exchanges for those of the air."""
        with self._lock:
            self._faults.plan(fault, after)

    def unplug(self) -> None:
        """The reader is pulled out: the host's port is gone."""
        with self._lock:
            self._line.unplug()
            self._field.switch(on=False)
            self._wake()

    def plug(self) -> None:
        """The reader is there again, freshly powered and asleep."""
        with self._lock:
            self._line.plug()
            if self._baud:
                self._line.set_baud(self._baud)
            self._chip = Chip(self._field, self._faults)
            self._frames = FrameReader()
            self._edges = 0
            self._last_sent = b""
            self._faults_of_reply: frozenset[Fault] = frozenset()
            self._arriving.clear()
            self._wake()

    def close(self) -> None:
        """Gone for good."""
        self._ends = True
        self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._line.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # it is being woken already

    def _run(self) -> None:
        while not self._ends:
            with self._lock:
                fds = [fd for fd in (self._line.fd, self._wake_read) if fd >= 0]
                wait_s = self._wait_s()
            try:
                ready, _, _ = select.select(fds, [], [], wait_s)
            except OSError:
                continue  # unplugged between the two lines
            if self._wake_read in ready:
                os.read(self._wake_read, 4_096)
            with self._lock:
                if self._line.fd in ready:
                    self._take()
                self._catch_up()

    def _wait_s(self) -> float | None:
        first = self._arriving[0][0] if self._arriving else None
        dues = [due for due in (first, self._line.due_s, self._chip.due_s) if due is not None]
        return max(min(dues) - self._clock.monotonic_s(), 0.0) if dues else None

    def _take(self) -> None:
        data, began_s, byte_s = self._line.take(self._clock.monotonic_s())
        before = len(data)
        data = self._heard(data)
        began_s += (before - len(data)) * byte_s
        taken = self._frames.taken
        for frame in self._frames.feed(data):
            self._arriving.append((began_s + (frame.ended - taken) * byte_s, frame))

    def _heard(self, data: bytes) -> bytes:
        """What a sleeping chip hears: nothing before it is awake."""
        while self._chip.asleep and data:
            self._edges += rising_edges(data[0])
            data = data[1:]
            if self._edges >= WAKING_EDGES:
                self._edges = 0
                self._chip.asleep = False
        return data

    def _catch_up(self) -> None:
        """Do what is due, each thing at its own moment and not at that of the late wake-up."""
        now_s = self._clock.monotonic_s()
        while self._arriving and self._arriving[0][0] <= now_s:
            at_s, frame = self._arriving.popleft()
            self._act(frame, at_s)
        due_s = self._chip.due_s
        if due_s is not None and due_s <= now_s:
            self._reply(self._chip.expired(), due_s)
        if self._line.fd >= 0:
            self._line.deliver(now_s)

    def _act(self, frame: Frame, at_s: float) -> None:
        if frame.kind is Kind.ACK:
            self._acknowledged()
        elif frame.kind is Kind.NACK:
            self._line.send(self._last_sent, at_s)
        else:
            self._command(frame.body, at_s)

    def _acknowledged(self) -> None:
        """The host's ACK ends a pending command, or makes a new line speed true."""
        self._chip.abort()
        if self._chip.next_baud is not None:
            self._line.set_baud(self._chip.next_baud)
            self._chip.next_baud = None

    def _command(self, body: bytes, at_s: float) -> None:
        self._faults_of_reply = self._faults.due(on_the_air=False)
        self._line.send(acknowledged(self._faults_of_reply), at_s)
        if body[0] != HOST or len(body) < 2:
            self._send(ERROR, at_s)
            return
        try:
            data = carry_out(self._chip, body[1], body[2:], at_s)
        except NotUnderstood:
            self._send(ERROR, at_s)
            return
        if data is not None:
            self._reply((body[1], data), at_s)

    def _reply(self, reply: tuple[int, bytes] | None, at_s: float) -> None:
        if reply is not None:
            command, data = reply
            self._send(encode(bytes((CHIP, command + 1)) + data), at_s)

    def _send(self, frame: bytes, at_s: float) -> None:
        self._last_sent = frame
        self._line.send(spoiled(frame, self._faults_of_reply), at_s)

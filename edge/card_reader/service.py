"""The door at work: cards, wires and commands in; lock, lights, journal and link out."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from contextlib import aclosing

from contract.clock import Clock
from edge.card_reader.core import Alarm, DoorCore, Effect, Note, Pulse, Release
from edge.card_reader.guard import Relay
from edge.card_reader.mode_file import ModeFile
from edge.card_reader.screen.state import ScreenState
from edge.copass.decision import Decision, Mode
from edge.copass.errors import JournalUnwritable
from edge.copass.station import Run, Station
from edge.copass.taps import Outcome, Point
from edge.drivers.card_reader import CardChannel, CardReader
from edge.drivers.lines import Edge, InputLines
from edge.drivers.signals import SignalName, Signals
from edge.link.waiting import wait_at_most

READER_LOOK_S = 5.0
READER_LOST_AFTER_S = 10.0
"""A reader that was plugged in again at once raises nothing."""
WRITE_AGAIN_S = 5.0
MOST_NOTES = 1_000
"""Kept in memory while the journal takes none."""

_log = logging.getLogger(__name__)


class DoorAgent:
    """Joins one door's parts. What touches the lock is done at once; books are kept after it.

    Args:
        station: the co-pass of this unit.
        core: decides what the door does.
        point: what the reader opens.
        reader: its head.
        inputs: contact, exit button, tamper switch; None where none is wired.
        relay: of the lock, behind its guard.
        signals: lights and buzzer; None where none is wired.
        screen: what the screen shows; nobody need look at it.
        modes: keeps the mode over a power cut.
        clock: of the run.
    """

    def __init__(
        self,
        station: Station,
        core: DoorCore,
        point: Point,
        reader: CardReader,
        inputs: InputLines | None,
        relay: Relay,
        signals: Signals | None,
        screen: ScreenState,
        modes: ModeFile,
        clock: Clock,
    ) -> None:
        self.station = station
        self.core = core
        self.screen = screen
        self._point = point
        self._reader = reader
        self._inputs = inputs
        self._relay = relay
        self._signals = signals
        self._modes = modes
        self._clock = clock
        self._books: deque[Note | Alarm] = deque(maxlen=MOST_NOTES)
        self._booked = asyncio.Event()
        self._timed = asyncio.Event()
        self._lost_since_s: float | None = None
        relay.on_fault(self.relay_fault)

    def works(self) -> tuple[tuple[str, Run], ...]:
        """The tasks of the door, by name."""
        return (
            ("cards", self.cards),
            ("wires", self.wires),
            ("door-time", self.time),
            ("door-books", self.books),
            ("reader-watch", self.watch_reader),
            ("relay", self._relay.run),
        )

    # What the tasks of the agent run.

    async def cards(self) -> None:
        """Decide one card after the other, for ever."""
        try:
            while True:
                card = await self._reader.next_card()
                await self._tapped(card)
                await self._reader.removed(card)
        finally:
            if self._signals is not None:
                self._signals.stop()
            await self._reader.close()

    async def wires(self) -> None:
        """Follow contact, exit button and tamper switch, for ever."""
        if self._inputs is None:
            await asyncio.get_running_loop().create_future()
            return
        async with aclosing(self._inputs.edges()) as edges:  # type: ignore[type-var]  # a generator
            async for edge in edges:
                self.wire(edge)

    async def time(self) -> None:
        """Let the core know when its time has come, for ever."""
        while True:
            self.do(self.core.tick(self._now_ms))
            self._timed.clear()
            due_ms = self.core.due_ms()
            if due_ms is None:
                await self._timed.wait()
            else:
                left_s = max(due_ms - self._now_ms, 1) / 1_000
                await wait_at_most(self._clock, left_s, self._timed.wait())

    async def books(self) -> None:
        """Write down what the door did, for ever; a journal that is full is tried again."""
        while True:
            await self._booked.wait()
            self._booked.clear()
            while self._books:
                if await self._write(self._books[0]):
                    self._books.popleft()
                else:
                    await self._clock.sleep(WRITE_AGAIN_S)

    async def watch_reader(self) -> None:
        """Raise the alarm where the reader head is away, for ever."""
        while True:
            now_s = self._clock.monotonic_s()
            if self._reader.connected:
                self._lost_since_s = None
                self.do(self.core.stands("reader_lost", present=False))
            elif self._lost_since_s is None:
                self._lost_since_s = now_s
            elif now_s - self._lost_since_s >= READER_LOST_AFTER_S:
                self.do(self.core.stands("reader_lost", present=True))
            self.screen.fault(is_faulty=not self._reader.connected)
            await self._clock.sleep(READER_LOOK_S)

    # What wires and commands call.

    def wire(self, edge: Edge) -> None:
        """A wire changed."""
        if edge.line == "exit":
            self.do(self.core.exit_request(self._now_ms, active=edge.active))
        elif edge.line == "contact":
            self.do(self.core.contact(self._now_ms, is_open=edge.active))
        elif edge.line == "tamper":
            self.do(self.core.stands("tamper", present=edge.active))

    def relay_fault(self, is_faulty: bool) -> None:
        """The guard tells whether the relay can be trusted to lock."""
        self.do(self.core.stands("relay_stuck", present=is_faulty))

    def health(self) -> dict[str, object]:
        """What `health` says of the devices at the door."""
        return {"sensor_faults": int(not self._reader.connected)}

    async def open_by_command(self) -> bool:
        """A person far away lets somebody in; False where that cannot be written down."""
        try:
            await self.station.recorder.write("manual_opening", {"point": self._point.name})
        except JournalUnwritable:
            return False
        self.do(self.core.opens(self._now_ms))
        self._signal("granted")
        return True

    def set_mode(self, mode: Mode) -> None:
        """The operator's word; it outlives a power cut."""
        self.do(self.core.set_mode(mode, self._now_ms))
        self._modes.keep(mode)
        self.screen.mode(mode)

    def do(self, effects: Iterable[Effect]) -> None:
        """The lock at once and without waiting for anything; books later."""
        for effect in effects:
            if isinstance(effect, Pulse):
                self._relay.open(effect.ms)
            elif isinstance(effect, Release):
                self._relay.close()
            else:
                self._books.append(effect)
                self._booked.set()
        self._timed.set()

    # Helpers in the order of use.

    @property
    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1_000)

    async def _tapped(self, card: CardChannel) -> None:
        try:
            outcome = await self.station.desk.tap(card, self._point, self.core.mode)
        except Exception:  # noqa: BLE001 - whatever it is, the exit is to work on
            # Whatever is wrong with this card or with us: the exit button is to work on.
            _log.exception("tap=failed point=%s", self._point.name)
            self._signal("refused")
            self.screen.failed()
            return
        if outcome.opens:
            self.do(self.core.opens(self._now_ms))
        self._show(outcome)

    def _show(self, outcome: Outcome) -> None:
        self._signal(signal_of(outcome.decision, opens=outcome.opens))
        self.screen.tapped(outcome.decision, opens=outcome.opens)

    def _signal(self, name: SignalName) -> None:
        if self._signals is not None:
            self._signals.play(name)

    async def _write(self, book: Note | Alarm) -> bool:
        name = self._point.name
        if isinstance(book, Alarm):
            alarms = self.station.alarms
            change = alarms.raise_once if book.state == "raised" else alarms.clear
            await change(book.kind, name)
            return True
        body = {"point": name} if book.detail is None else {"point": name, "detail": book.detail}
        try:
            await self.station.recorder.write(book.kind, body)
        except JournalUnwritable as error:
            _log.debug("note=%s waits: %s", book.kind, error)
            return False
        return True


def signal_of(decision: Decision, *, opens: bool) -> SignalName:
    """Which light and sound a tap gets."""
    if opens:
        return "granted"
    if decision.reason == "read_again":
        return "read_again"
    return "unknown" if decision.reason in {"unknown_card", "clock_unknown"} else "refused"

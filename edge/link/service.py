"""The link of a unit: what an agent puts is stored by the backend once, or accounted for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random
from typing import Literal

from contract.clock import Clock
from contract.quantities import ClockSource
from contract.streams import BY_NAME
from contract.topics import Unit
from edge.link.anchors import Anchor
from edge.link.backoff import Backoff
from edge.link.conversation import Conversation, Losses, lost_ranges
from edge.link.courier import Courier
from edge.link.database import Connect, connect_sqlite
from edge.link.errors import ConnectionFailed, StorageFailed
from edge.link.health import LinkHealth
from edge.link.heartbeat import HealthSource, say_health
from edge.link.identity import boot_id, machine_of, machine_serial
from edge.link.intake import new_row
from edge.link.kernel_clock import follow_kernel_clock
from edge.link.notes import clear_note, mark_note, quiet_note
from edge.link.outbox import Outbox
from edge.link.reading import Reading
from edge.link.rtc import follow_rtc
from edge.link.session import Address, Session
from edge.link.settings import LinkSettings
from edge.link.systemd import Watchdog
from edge.link.tally import Tally
from edge.link.trouble import Trouble
from edge.link.vitals import health_of
from edge.link.waiting import wait_at_most
from edge.link.writer import Writer

logger = logging.getLogger(__name__)

State = Literal["online", "asleep", "offline"]

PROMISE_S = 120.0
"""Each loop of the link beats at least this often, or the watchdog stays silent."""


class Link:
    """One unit's durable way to the backend."""

    def __init__(
        self,
        settings: LinkSettings,
        territory: str,
        unit: Unit,
        clock: Clock,
        random: Random,
        version: str,
        *,
        watchdog: Watchdog | None = None,
        connect: Connect = connect_sqlite,
    ) -> None:
        """Open the outbox. Raises StorageFailed where that cannot be done."""
        self._settings = settings
        self._clock = clock
        self._random = random
        self._version = version
        self._watchdog = watchdog
        self._address = Address(territory, unit)
        self._boot = boot_id(clock, settings.machine_boot)
        serial = settings.machine_serial or machine_serial()
        self._writer = Writer(settings, serial, self._boot, clock, connect, self._reopened)
        self._wire(self._writer.outbox)
        self.tally = Tally()
        self.retained: dict[str, bytes] = {}
        self._state: State = "online"
        self._session: Session | None = None
        self._sessions = 0
        self._handlers: dict[str, Callable[[bytes], None]] = {}
        self._own_health: list[HealthSource] = []
        self._filled = asyncio.Event()
        self._settled: list[tuple[str | None, asyncio.Future[None]]] = []
        self._trouble = Trouble(logger)
        self._backoff = Backoff(settings.backoff, random)

    # What agents call.

    def put(self, reading: Reading) -> None:
        """Take a reading; alarms and taps are on the disk on return, the rest within a second.

        Raises MalformedMessage where the body breaks the schema of its stream.
        """
        row = new_row(reading, self.outbox.anchors, self.courier.present())
        self.tally.put[reading.stream] += 1
        self._writer.put(row)
        self._filled.set()
        if not self._writer.pending:
            self._pump()

    def anchor(self, source: ClockSource, utc_ms: int, boot_ms: int) -> None:
        """A trusted clock read `utc_ms` when the boot clock read `boot_ms`."""
        anchor = Anchor(machine_of(self._boot), self._clock.boot_ms(), boot_ms, utc_ms, source)
        if source == "unset" or not self.outbox.anchors.needs(anchor):
            return
        try:
            self.outbox.add_anchor(anchor)
        except StorageFailed as failure:
            self.storage_failed(failure)
            return
        self.courier.wake()
        self._pump()

    def announce(self, state: State) -> None:
        """Say that the unit is online, asleep (key off) or offline; nothing if that is known."""
        if state != self._state:
            self._state = state
            self.say_state()

    def clear_retained(self, stream: str) -> None:
        """Empty the retained topic of `stream`, now or when next connected.

        Nothing put before this call will be retained.
        """
        self._flush()
        identity = self.outbox.current
        bound = self.outbox.book(identity, BY_NAME[stream]).next
        try:
            self.outbox.note({quiet_note(identity, stream): bound, clear_note(stream): bound})
        except StorageFailed as failure:
            self.storage_failed(failure)
        self.retained.pop(stream, None)
        if self._session is not None:
            self._session.clear_retained()

    def mark(self, source: str) -> int:
        """The last number that a reading of `source` was marked with; 0 where there is none."""
        return self.outbox.notes.get(mark_note(source), 0)

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None:
        """Call `handler` with each payload of `down/<name>` and of `down/<name>/<chunk>`."""
        self._handlers[name] = handler

    def on_health(self, source: HealthSource) -> None:
        """Ask `source` for fields of `health` that the agent knows."""
        self._own_health.append(source)

    def knows_time(self) -> bool:
        """Whether what is measured now can be dated."""
        return self.outbox.anchors.knows(machine_of(self._boot))

    def trusted_now_ms(self) -> int | None:
        """UTC milliseconds by what trusted clocks have told since the boot, else None."""
        told = self.trusted_now()
        return told and told[0]

    def trusted_now(self) -> tuple[int, ClockSource] | None:
        """As `trusted_now_ms`, with who told it."""
        return self.outbox.anchors.date(machine_of(self._boot), self._clock.boot_ms())

    @property
    def connected(self) -> bool:
        """Whether the broker holds our connection and the ingest has answered hello."""
        return self._session is not None and self._session.answered

    def health(self) -> LinkHealth:
        """The present state of the link."""
        return health_of(self._writer, self.courier, self._session, self.tally.counts())

    async def settled(self, stream: str | None = None) -> None:
        """Return when everything that was put, or all of `stream`, is confirmed stored.

        What the size policy had to drop is not waited for.
        """
        if self._is_settled(stream):
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settled.append((stream, waiting))
        await waiting

    async def run(self) -> None:
        """Write, connect, send, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(), name="link-write")
                tasks.create_task(self._stay_connected(), name="link-session")
                tasks.create_task(follow_kernel_clock(self, self._clock), name="link-clock")
                if self._settings.rtc is not None:
                    board = follow_rtc(self, self._clock, self._settings.rtc)
                    tasks.create_task(board, name="link-rtc")
                if self._settings.heartbeat_s > 0:
                    heartbeat = say_health(self, self._clock, self._settings, self._own_health)
                    tasks.create_task(heartbeat, name="link-health")
        finally:
            self._flush()

    def close(self) -> None:
        """Write what is pending and close the outbox. Call it after `run` has ended."""
        self._writer.close()

    # What the session calls.

    def say_state(self) -> None:
        """Put a `status` with the present state and session."""
        self._put_status(())

    def report_losses(self) -> None:
        """Put a `status` for every loss that is not yet reported."""
        while losses := self.conversation.losses():
            if not self._put_status(losses):
                return

    def news(self, *, answered: bool) -> None:
        """The ingest has spoken; `answered`: it was the answer to hello."""
        if answered:
            self._backoff.reset()
            self._trouble.healed(f"broker {self._settings.broker.shown}: connected again")
        self._wake_settled()

    def storage_failed(self, failure: StorageFailed) -> None:
        """The outbox file is in trouble."""
        self._writer.storage_failed(failure)

    def heard_down(self, name: str, payload: bytes) -> None:
        """Hand a downlink message to its handler, whose mistakes are its own."""
        handler = self._handlers.get(name.partition("/")[0])
        if handler is None:
            return
        try:
            handler(payload)
        except Exception:
            logger.exception("down=%s event=handler_failed", name)

    def beat(self) -> None:
        """The session is alive."""
        self._beat("link-session")

    def says_goodbye(self) -> bool:
        """Whether a session that ends now ends as announced, so that no will is to speak."""
        return self._state != "online"

    # Its own loops.

    async def _write(self) -> None:
        written_s = float("-inf")
        while True:
            self._beat("link-write")
            self._writer.trim_if_due()
            await wait_at_most(self._clock, PROMISE_S / 4, self._filled.wait())
            if not self._filled.is_set():
                continue
            # The first reading after a pause goes at once, the next ones a batch later: as many
            # syncs as a fixed beat would make, and no delay at one reading a second.
            early_s = written_s + self._settings.batch_s - self._clock.monotonic_s()
            if early_s > 0:
                await self._clock.sleep(early_s)
            self._filled.clear()
            written_s = self._clock.monotonic_s()
            if not self._flush():
                self._filled.set()
            elif self._session is not None and self._session.answered:
                self.report_losses()

    async def _stay_connected(self) -> None:
        while True:
            self._beat("link-session")
            self._sessions += 1
            self._session = Session(
                self._sessions, self._settings, self._address, self, self._clock, self._random
            )
            try:
                await self._session.run()
            except ConnectionFailed as failure:
                self._trouble.broke(str(failure))
            finally:
                self._session = None
            self._beat("link-session")
            await self._clock.sleep(self._backoff.next_s())

    # Helpers in the order of use.

    def _wire(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.conversation = Conversation(outbox, self._clock, self._version)
        self.courier = Courier(outbox, self._clock, len(self._address.up("")))

    def _reopened(self, outbox: Outbox) -> None:
        """The file was opened anew: what a session knew of the old one is void."""
        self._wire(outbox)
        if self._session is not None:
            self._session.give_up("the outbox was opened anew")

    def _flush(self, losses: Losses = ()) -> bool:
        unsaved = self.conversation.unsaved
        due = bool(self._writer.pending) and self._writer.due_to_save()
        books = list(unsaved.values()) if due else []
        written = self._writer.flush(books, losses)
        if written and books:
            unsaved.clear()
        self._pump()
        return written

    def _put_status(self, losses: Losses) -> bool:
        body: dict[str, object] = {
            "state": self._state,
            "session": self._sessions,
            "version": self._version,
        }
        if losses:
            body["lost"] = lost_ranges(losses)
        present = self.courier.present()
        reading = Reading("status", body, present.boot_ms)
        self.tally.put["status"] += 1
        self._writer.pending.append(new_row(reading, self.outbox.anchors, present))
        return self._flush(losses)

    def _pump(self) -> None:
        if self._session is not None:
            self._session.pump_soon()

    def _is_settled(self, stream: str | None) -> bool:
        number = None if stream is None else BY_NAME[stream].number
        return not any(number in {None, row.stream} for row in self._writer.pending) and not any(
            book.unconfirmed
            for book in self.outbox.books.values()
            if stream in {None, book.stream.name}
        )

    def _wake_settled(self) -> None:
        still = []
        for stream, waiting in self._settled:
            if not self._is_settled(stream):
                still.append((stream, waiting))
            elif not waiting.done():
                waiting.set_result(None)
        self._settled = still

    def _beat(self, task: str) -> None:
        if self._watchdog is not None:
            self._watchdog.promise(task, PROMISE_S)

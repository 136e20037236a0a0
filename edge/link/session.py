"""One connection's life: will, subscriptions, hello, then messages as their turn comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Protocol

from contract.clock import Clock
from contract.codec import decode_stored, decode_uplink, encode
from contract.errors import ContractError
from contract.topics import Unit, downlink_filter, downlink_topic, uplink_topic
from contract.uplink import Will
from edge.link.conversation import Conversation
from edge.link.courier import Courier, Parcel
from edge.link.errors import ConnectionFailed, StorageFailed
from edge.link.identity import Identity
from edge.link.mqtt import MqttConnection
from edge.link.notes import clear_note
from edge.link.outbox import Outbox
from edge.link.sender import Traffic
from edge.link.settings import LinkSettings
from edge.link.tally import Tally
from edge.link.waiting import wait_at_most
from edge.link.window import BacklogWindow

logger = logging.getLogger(__name__)

FIRST_RETRY_S = 1.0
"""Seconds until an unanswered hello is said again; doubled each time, up to the setting."""
TICK_S = 5.0
"""Seconds between looks at what waits for time to pass."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whose topics these are."""

    territory: str
    unit: Unit

    def up(self, stream: str) -> str:
        """Topic of a stream."""
        return uplink_topic(self.territory, self.unit, stream)


class Owner(Protocol):
    """What a session asks of its link."""

    outbox: Outbox
    conversation: Conversation
    courier: Courier
    tally: Tally
    retained: dict[str, bytes]
    """The last retained message of each stream, for a broker that has lost its memory."""

    def say_state(self) -> None: ...

    def report_losses(self) -> None: ...

    def news(self, *, answered: bool) -> None: ...

    def storage_failed(self, failure: StorageFailed) -> None: ...

    def heard_down(self, name: str, payload: bytes) -> None: ...

    def says_goodbye(self) -> bool: ...

    def beat(self) -> None: ...


class Session:
    """From CONNECT to the loss of the connection. Used once."""

    def __init__(
        self,
        number: int,
        settings: LinkSettings,
        address: Address,
        owner: Owner,
        clock: Clock,
        random: Random,
    ) -> None:
        self.number = number
        self.answered = False
        self.window = BacklogWindow()
        self._settings = settings
        self._address = address
        self._owner = owner
        self._clock = clock
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._in_flight: dict[int, tuple[Parcel, float]] = {}
        self._clearing: dict[int, str] = {}
        self._bytes_in_flight = 0
        self._open = False
        self._state_said = False
        self._pump_asked = False
        self._stored_topic = downlink_topic(address.territory, address.unit, "stored")
        self._down_prefix = downlink_topic(address.territory, address.unit, "")
        outbox = owner.outbox
        will = encode(Will(boot=outbox.boot, session=number))
        unit = address.unit
        self._connection = MqttConnection(
            settings,
            f"softplace-{unit.kind}-{unit.name}-{outbox.current.outbox}",
            (address.up("status"), will),
            self._received,
            self._acknowledged,
        )

    async def run(self) -> None:
        """Connect and serve; ends with ConnectionFailed."""
        connection = self._connection
        known = await connection.open()
        try:
            connection.subscribe(
                [
                    downlink_filter(self._address.territory, self._address.unit),
                    self._address.up("status"),
                ]
            )
            self._owner.conversation.begin(self.number)
            self._open = True
            self.clear_retained()
            if not known:
                self._republish()
            self._owner.say_state()
            await self._attend()
            raise connection.gone.result()
        finally:
            self._open = self.answered = False
            if self._owner.says_goodbye() and not connection.gone.done():
                connection.close()
            connection.cut()

    def give_up(self, reason: str) -> None:
        """End it soon, without goodbye; also from within what the connection calls."""
        self._connection.give_up(reason)

    def pump_soon(self) -> None:
        """There may be something to send."""
        if not self._pump_asked:
            self._pump_asked = True
            self._loop.call_soon(self._pump)

    def clear_retained(self) -> None:
        """Empty the retained topics whose wish to be cleared is written down."""
        if not self._open:
            return
        for name in self._owner.outbox.notes:
            stream = name.removeprefix(clear_note(""))
            if stream != name and stream not in self._clearing.values():
                with suppress(ConnectionFailed):
                    mid = self._connection.publish(self._address.up(stream), b"", retain=True)
                    self._clearing[mid] = stream

    async def _attend(self) -> None:
        ask_at_s = 0.0
        # An ingest that starts together with its broker needs a second or two to be there.
        patience_s = min(FIRST_RETRY_S, self._settings.hello_retry_s)
        while not self._connection.gone.done():
            self._owner.beat()
            if self._clock.monotonic_s() >= ask_at_s:
                for identity in self._owner.conversation.to_greet():
                    self._greet(identity)
                ask_at_s = self._clock.monotonic_s() + patience_s * self._random.uniform(0.8, 1.2)
                patience_s = min(patience_s * 2, self._settings.hello_retry_s)
            courier = self._owner.courier
            if courier.wake_ms is not None and self._clock.boot_ms() >= courier.wake_ms:
                courier.wake()
                self.pump_soon()
            rest_s = max(ask_at_s - self._clock.monotonic_s(), 0.0)
            await wait_at_most(self._clock, min(rest_s, TICK_S), self._connection.gone)

    def _greet(self, identity: Identity) -> None:
        hello = self._owner.conversation.hello(identity)
        self._connection.publish(self._address.up("status"), encode(hello), retain=False)

    def _republish(self) -> None:
        for stream, payload in self._owner.retained.items():
            # The state is said anew by every session.
            if stream != "status":
                self._connection.publish(self._address.up(stream), payload, retain=True)

    def _pump(self) -> None:
        self._pump_asked = False
        if not self._open or self._connection.gone.done():
            return
        owner = self._owner
        books = owner.conversation.sendable()
        unconfirmed = sum(len(book.unanswered) for book in books)
        try:
            while parcel := owner.courier.next_parcel(
                books, Traffic(self._bytes_in_flight, unconfirmed, self.window.size_bytes)
            ):
                self._send(parcel)
                unconfirmed += 1
            if self.answered:
                # A row may have been found corrupt just now.
                owner.report_losses()
        except StorageFailed as failure:
            owner.storage_failed(failure)
        except ConnectionFailed:
            # `gone` is set, and `run` ends with its reason.
            return

    def _send(self, parcel: Parcel) -> None:
        owner = self._owner
        topic = self._address.up(parcel.stream)
        mid = self._connection.publish(topic, parcel.payload, retain=parcel.retain)
        self._in_flight[mid] = (parcel, self._loop.time())
        self._bytes_in_flight += parcel.size
        owner.courier.took(parcel, self._clock.monotonic_s())
        owner.tally.published(parcel.book, parcel.seq)
        if parcel.retain:
            owner.retained[parcel.stream] = parcel.payload
        if parcel.stream == "status":
            self._state_said = True

    def _acknowledged(self, mid: int) -> None:
        if mid in self._clearing:
            done = {clear_note(self._clearing.pop(mid)): None}
            self._guarded(lambda: self._owner.outbox.note(done))
        found = self._in_flight.pop(mid, None)
        if found is None:
            return
        parcel, sent_s = found
        now_s = self._loop.time()
        self._bytes_in_flight -= parcel.size
        self.window.acknowledged(now_s - sent_s, parcel.size, now_s)
        self._owner.tally.acknowledged(parcel.book, parcel.seq)
        self.pump_soon()

    def _received(self, topic: str, payload: bytes) -> None:
        try:
            if topic == self._stored_topic:
                self._guarded(lambda: self._hear_stored(payload))
            elif topic == self._address.up("status"):
                self._hear_own_status(payload)
            elif topic.startswith(self._down_prefix):
                self._owner.heard_down(topic.removeprefix(self._down_prefix), payload)
        except ContractError as error:
            logger.warning("topic=%s event=unreadable why=%s", topic, error)
        except ConnectionFailed:
            return

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StorageFailed as failure:
            self._owner.storage_failed(failure)

    def _hear_stored(self, payload: bytes) -> None:
        if not payload:
            return
        owner = self._owner
        heard = owner.conversation.hear(decode_stored(payload))
        for identity in heard.greet:
            self._greet(identity)
        if heard.confirmed:
            for book in owner.outbox.books.values():
                owner.tally.confirmed(book)
        if heard.answered:
            self.answered = owner.conversation.is_answered(owner.outbox.current)
            owner.report_losses()
        owner.news(answered=heard.answered and self.answered)
        self.pump_soon()

    def _hear_own_status(self, payload: bytes) -> None:
        """A will on our own topic says that we are gone: say that we are not."""
        if payload and isinstance(decode_uplink("status", payload), Will) and self._state_said:
            self._state_said = False
            self._owner.say_state()

"""A session with the broker that survives everything: connect, subscribe, receive, publish.

What is received is handed over in lists and acknowledged when the owner says so, many ids in
one write. What is published at QoS 1 is kept until the broker acknowledges it and sent again
after a reconnect. There is one log line when the broker is lost and one when it is back.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from backend.mqtt.backoff import Backoff
from backend.mqtt.connection import Connection
from backend.mqtt.errors import (
    BrokerRefused,
    BrokerUnreachable,
    ConnectionEnded,
    ConnectionFailed,
    SubscriptionRefused,
    WrongPassword,
)
from backend.mqtt.packets import (
    CONNACK,
    PINGREQ_PACKET,
    PUBACK,
    SUBACK,
    Control,
    Message,
    as_duplicate,
    connect_packet,
    puback_packets,
    publish_packet,
    subscribe_packet,
)
from contract.broker_url import BrokerAddress
from contract.clock import Clock

ANSWER_WITHIN_S = 10.0
"""A broker that has not answered by then is treated as absent."""
RECEIVE_BUFFER_BYTES = 1024 * 1024
MAX_UNACKNOWLEDGED = 20_000
"""Our own messages kept for the broker; far above one confirmation for each unit of a country's
region, and below MQTT's 65,535 packet ids."""

_REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not accept our client id",
    3: "it is not available",
}
_log = logging.getLogger("softplace.mqtt")


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How to reach the broker and what to listen to."""

    broker: BrokerAddress
    client_id: str
    filters: tuple[str, ...] = ()
    qos: int = 1
    clean: bool = False
    """False: the broker keeps what arrives while we are away."""
    keepalive_s: int = 30
    tls: ssl.SSLContext | None = None
    """None with a `mqtts` address: the system's authorities, no certificate of ours."""


class MqttSession:
    """One logical client; `generation` counts its connections.

    Args:
        settings: the broker and the filters.
        on_messages: called with (generation, messages) as they arrive.
        on_connected: called with True where the broker still knew our session.
        clock: real time, for the waits between tries.
        random: jitter.
    """

    def __init__(
        self,
        settings: SessionSettings,
        on_messages: Callable[[int, list[Message]], None],
        on_connected: Callable[[bool], None],
        clock: Clock,
        random: Random,
    ) -> None:
        self._settings = settings
        self._on_messages = on_messages
        self._on_connected = on_connected
        self._clock = clock
        self._backoff = Backoff(random)
        self._connection: Connection | None = None
        self._subscribed = False
        self._held = False
        self._unacknowledged: dict[int, bytes] = {}
        self._last_packet_id = 0
        self._said: set[str] = set()
        self.generation = 0
        self.discarded = 0
        """Messages of ours given up because the broker was away too long."""
        self.trouble: str | None = None
        """Why there is no session now; None while there is one."""

    @property
    def connected(self) -> bool:
        """Whether we are subscribed now."""
        return self._subscribed

    @property
    def unacknowledged(self) -> int:
        """Messages of ours that the broker has not acknowledged yet."""
        return len(self._unacknowledged)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                await self._serve()
            except ConnectionFailed as failure:
                self._failed(failure)
            await self._clock.sleep(self._backoff.next_s())

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Send now, or at QoS 1 as soon as the broker is back."""
        packet_id = self._next_packet_id() if qos else 0
        packet = publish_packet(topic, payload, qos=qos, retain=retain, packet_id=packet_id)
        if qos:
            self._unacknowledged[packet_id] = packet
        if self._connection is not None and self._subscribed:
            self._connection.send(packet)

    def acknowledge(self, generation: int, packet_ids: Sequence[bytes]) -> None:
        """PUBACK messages of that connection; on a later one their ids mean other messages."""
        if self._connection is not None and generation == self.generation and packet_ids:
            self._connection.send(puback_packets(packet_ids))

    def hold(self) -> None:
        """Read nothing more until `release`: what waits, waits at the broker."""
        self._held = True
        if self._connection is not None and self._subscribed:
            self._connection.hold()

    def release(self) -> None:
        """Read on."""
        self._held = False
        if self._connection is not None:
            self._connection.release()

    async def drained(self) -> None:
        """Return when the broker has taken most of what was sent, or is gone."""
        if self._connection is not None:
            await self._connection.drained()

    async def _serve(self) -> None:
        shown = self._settings.broker.shown
        controls: asyncio.Queue[Control] = asyncio.Queue()
        generation = self.generation + 1

        def receive(messages: list[Message], others: list[Control]) -> None:
            if messages:
                self._on_messages(generation, messages)
            for control in others:
                if control[0] == PUBACK:
                    self._unacknowledged.pop(int.from_bytes(control[1], "big"), None)
                else:
                    controls.put_nowait(control)

        connection = await self._open(receive)
        # From here on: a kept session delivers before its subscription is acknowledged.
        self._connection = connection
        self.generation = generation
        try:
            session_present = await self._greet(connection, controls)
            self._subscribed = True
            if self._held:
                connection.hold()
            self._healed()
            for packet in list(self._unacknowledged.values()):
                connection.send(as_duplicate(packet) if session_present else packet)
            self._on_connected(session_present)
            raise ConnectionEnded(shown, await self._until_lost(connection))
        finally:
            self._connection = None
            self._subscribed = False
            connection.close()

    async def _open(self, receive: Callable[[list[Message], list[Control]], None]) -> Connection:
        broker = self._settings.broker
        tls = self._settings.tls or (ssl.create_default_context() if broker.tls else None)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                transport, connection = await loop.create_connection(
                    lambda: Connection(receive), broker.host, broker.port, ssl=tls
                )
        except TimeoutError as error:
            raise BrokerUnreachable(broker.shown, f"no answer in {ANSWER_WITHIN_S:g} s") from error
        except (OSError, ssl.SSLError) as error:
            raise BrokerUnreachable(broker.shown, _why(error)) from error
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return connection

    async def _greet(self, connection: Connection, controls: asyncio.Queue[Control]) -> bool:
        """CONNECT and SUBSCRIBE. True where the broker still has our session."""
        settings, broker = self._settings, self._settings.broker
        connection.send(
            connect_packet(
                settings.client_id,
                broker.username,
                broker.password,
                settings.keepalive_s,
                clean=settings.clean,
            )
        )
        flags, code = await self._answer(connection, controls, CONNACK)
        if code in {4, 5}:
            raise WrongPassword(broker.shown, broker.username)
        if code:
            raise BrokerRefused(broker.shown, _REFUSALS.get(code, f"code {code}"))
        if settings.filters:
            connection.send(subscribe_packet(1, settings.filters, settings.qos))
            granted = (await self._answer(connection, controls, SUBACK))[2:]
            for topic_filter, code in zip(settings.filters, granted, strict=False):
                if code > 2:
                    raise SubscriptionRefused(broker.shown, topic_filter)
        return bool(flags & 1)

    async def _answer(
        self, connection: Connection, controls: asyncio.Queue[Control], kind: int
    ) -> bytes:
        shown = self._settings.broker.shown
        answer = asyncio.ensure_future(controls.get())
        either: set[asyncio.Future[Any]] = {answer, connection.lost}
        await asyncio.wait(either, timeout=ANSWER_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            if connection.lost.done():
                raise ConnectionEnded(shown, connection.lost.result())
            raise BrokerUnreachable(shown, f"no answer in {ANSWER_WITHIN_S:g} s")
        received, body = answer.result()
        if received != kind:
            raise BrokerRefused(shown, f"it answers {received:#04x} where {kind:#04x} is due")
        return body

    async def _until_lost(self, connection: Connection) -> str:
        """Keep alive [3.1.2.10]; returns why the connection ended."""
        interval_s = self._settings.keepalive_s
        while True:
            done, _ = await asyncio.wait({connection.lost}, timeout=interval_s)
            if done:
                return connection.lost.result()
            if connection.silent_for_s() > 2 * interval_s:
                return f"nothing heard for {2 * interval_s} s"
            connection.send(PINGREQ_PACKET)

    def _next_packet_id(self) -> int:
        if len(self._unacknowledged) >= MAX_UNACKNOWLEDGED:
            self._unacknowledged.pop(next(iter(self._unacknowledged)))
            self.discarded += 1
        while True:
            self._last_packet_id = self._last_packet_id % 0xFFFF + 1
            if self._last_packet_id not in self._unacknowledged:
                return self._last_packet_id

    def _failed(self, failure: ConnectionFailed) -> None:
        kind = type(failure).__name__
        self.trouble = str(failure)
        if kind not in self._said:
            _log.error("broker_lost client=%s: %s", self._settings.client_id, failure)
        self._said.add(kind)

    def _healed(self) -> None:
        self._backoff.reset()
        self.trouble = None
        if self._said:
            _log.info(
                "broker_back client=%s broker=%s",
                self._settings.client_id,
                self._settings.broker.shown,
            )
        self._said.clear()


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}; set `broker.ca`)"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return error.strerror or str(error) or type(error).__name__

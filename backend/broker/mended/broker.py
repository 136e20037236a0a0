"""The mended broker: amqtt's listener and CONNECT, our way from one client to another.

Mends amqtt: a client that connects is sent the retained messages of its own new subscriptions,
not those of everybody's.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

from amqtt.broker import Broker as AmqttBroker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import MQTTError

from backend.broker.access import Access
from backend.broker.mended.connection import Connection
from backend.broker.mended.outgoing import Message
from backend.broker.mended.packets import Publish, connack_bytes
from backend.broker.mended.retained import RetainedMessages
from backend.broker.mended.sessions import ForeignSession, KeptSession, Sessions
from backend.broker.mended.sign_in import SignedIn, reject_identifier, sign_in
from backend.broker.mended.silence import silence
from backend.broker.mended.subscribing import REFUSED, granted
from backend.broker.model import EMBEDDED_VERSION, VERSION_TOPIC, BrokerTls, QueueLimits
from contract.clock import Clock

SIGN_IN_WITHIN_S = 10.0
LOOK_FOR_ABANDONED_EVERY_S = 60.0

_log = logging.getLogger("softplace.broker")


class MendedBroker(AmqttBroker):
    """An amqtt broker on one listening socket, with accounts and bounded queues."""

    def __init__(
        self,
        listening: socket.socket,
        access: Access,
        limits: QueueLimits,
        clock: Clock,
        tls: BrokerTls | None = None,
    ) -> None:
        # The address is not used: the socket is bound already (see _create_server_instance).
        listeners = {"default": ListenerConfig(bind="127.0.0.1:0")}
        super().__init__(BrokerConfig(listeners=listeners, plugins={}))
        self._listening = listening
        self._access = access
        self._clock = clock
        self._tls = tls
        self._kept = Sessions(limits)
        self._retained = RetainedMessages()
        self._retained.keep(VERSION_TOPIC, EMBEDDED_VERSION.encode(), 0)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._stopping = False

    # What amqtt asks of a broker.

    async def _create_server_instance(
        self,
        listener_name: str,
        listener_type: ListenerType,
        address: str | None,
        port: int,
        ssl_context: ssl.SSLContext | None,
    ) -> asyncio.Server:
        del listener_name, listener_type, address, port, ssl_context
        context = _tls_context(self._tls) if self._tls else None
        return await asyncio.start_server(self._serve, sock=self._listening, ssl=context)

    async def _session_monitor(self) -> None:
        while True:
            await self._clock.sleep(LOOK_FOR_ABANDONED_EVERY_S)
            self._kept.forget_abandoned(self._clock.monotonic_s())

    async def _broadcast_loop(self) -> None:
        # Messages go straight from one connection to the others (see _spread).
        await self._broadcast_shutdown_waiter

    async def shutdown(self) -> None:
        """Close every connection, wills unspoken, and the listener."""
        self._stopping = True
        for server in self._servers.values():
            server.instance.close()
        for writer in self._open.values():
            writer.transport.abort()
        if self._open:
            await asyncio.wait(self._open)
        await super().shutdown()

    # One client from its first byte to its last.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._stopping:
            writer.transport.abort()
            return
        self._open[task] = writer
        try:
            async with asyncio.timeout(SIGN_IN_WITHIN_S):
                signed_in = await sign_in(reader, writer, self._access, self.plugins_manager)
            await self._attend(signed_in, reader, writer)
        except MQTTError as error:
            peer = writer.get_extra_info("peername")
            _log.info("connection refused or ended from=%s reason=%s", peer, error)
        except (asyncio.IncompleteReadError, OSError):
            # The peer is gone, or never said a CONNECT: what follows has been done already.
            pass
        finally:
            del self._open[task]
            writer.close()

    async def _attend(
        self, signed_in: SignedIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        client = signed_in.session
        try:
            kept, resumed = await self._kept.claim(client)
        except ForeignSession as error:
            raise reject_identifier(writer, client.client_id) from error
        connection = Connection(
            client,
            signed_in.permissions,
            kept.delivery,
            (reader, writer),
            self._clock.monotonic_s,
        )
        kept.connection = connection
        watch = asyncio.create_task(self._watch(connection)) if client.keep_alive else None
        said_goodbye = False
        try:
            writer.write(connack_bytes(0, resumed=resumed))
            kept.delivery.attach(writer)
            said_goodbye = await connection.converse(self)
        finally:
            if watch is not None:
                watch.cancel()
            self._kept.left(kept, self._clock.monotonic_s())
            if not said_goodbye and not self._stopping:
                self._speak_will(kept)
            connection.ended.set()

    async def _watch(self, connection: Connection) -> None:
        keepalive_s = connection.client.keep_alive
        silent_s = await silence(self._clock, keepalive_s, lambda: connection.heard_s)
        _log.info("client fell silent client=%s for_s=%.1f", connection.client.client_id, silent_s)
        connection.close()

    def _speak_will(self, kept: KeptSession) -> None:
        client = kept.client
        if client.will_flag and client.will_topic:
            qos = min(client.will_qos or 0, 1)
            payload = bytes(client.will_message or b"")
            self._spread(client.will_topic, payload, qos, retain=bool(client.will_retain))

    # What a connection asks of its broker.

    def publish(self, source: Connection, message: Publish) -> None:
        """Hand a message on; what the account may not write goes nowhere, said once."""
        if source.permissions.may_publish(message.topic) and message.topic[0] != "$":
            self._spread(message.topic, message.payload, message.qos, retain=message.retain)
        elif not source.refusal_said:
            source.refusal_said = True
            _log.warning(
                "account writes where it may not user=%s client=%s topic=%r",
                source.client.username,
                source.client.client_id,
                message.topic,
            )

    def subscribe(self, source: Connection, topic_filter: str, qos: int) -> int:
        """Subscribe a client; the code for its SUBACK."""
        code = granted(topic_filter, qos, source.permissions)
        if code == REFUSED:
            _log.warning(
                "subscription refused client=%s filter=%r", source.client.client_id, topic_filter
            )
        else:
            self._kept.tree.add(topic_filter, source.client.client_id or "", code)
        return code

    def unsubscribe(self, source: Connection, topic_filter: str) -> None:
        """End a subscription."""
        self._kept.tree.remove(topic_filter, source.client.client_id or "")

    def send_retained(self, source: Connection, topic_filter: str, qos: int) -> None:
        """Send a new subscription what is retained."""
        for message in self._retained.matching(topic_filter):
            source.delivery.offer(message._replace(qos=min(qos, message.qos)))

    def _spread(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        if retain:
            self._retained.keep(topic, payload, qos)
        for client_id, granted_qos in self._kept.tree.subscribers(topic).items():
            kept = self._kept.get(client_id)
            if kept is not None:
                message = Message(topic, payload, min(qos, granted_qos), retain=False)
                kept.delivery.offer(message)


def _tls_context(tls: BrokerTls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.ca_file)
    context.load_cert_chain(tls.cert_file, tls.key_file)
    if tls.ca_file is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    if tls.crl_file is not None:
        context.load_verify_locations(tls.crl_file)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context

"""One signed-in client: its packets are handled one at a time, in the order they came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from amqtt.adapters import BufferReader
from amqtt.errors import NoDataError
from amqtt.mqtt.packet import (
    DISCONNECT,
    PINGREQ,
    PUBACK,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
)
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket
from amqtt.session import Session

from backend.broker.access import Permissions
from backend.broker.mended.delivery import Delivery
from backend.broker.mended.packets import (
    PINGRESP,
    MalformedPacket,
    Packet,
    Publish,
    parse_publish,
    puback_bytes,
    read_packet,
    suback_bytes,
    unsuback_bytes,
)


class Exchange(Protocol):
    """What a connection asks of its broker."""

    def publish(self, source: Connection, message: Publish) -> None: ...
    def subscribe(self, source: Connection, topic_filter: str, qos: int) -> int: ...
    def unsubscribe(self, source: Connection, topic_filter: str) -> None: ...
    def send_retained(self, source: Connection, topic_filter: str, qos: int) -> None: ...


class Connection:
    """Replaces amqtt's handler, which starts a task for each packet."""

    def __init__(
        self,
        session: Session,
        permissions: Permissions,
        delivery: Delivery,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        now_s: Callable[[], float],
    ) -> None:
        self.client = session
        self.permissions = permissions
        self.delivery = delivery
        self.ended = asyncio.Event()
        self.refusal_said = False
        self.heard_s = now_s()
        self._now_s = now_s
        self._packets, self._out = streams

    def close(self) -> None:
        """Cut the connection; reading it then ends without a DISCONNECT."""
        self._out.transport.abort()

    async def converse(self, exchange: Exchange) -> bool:
        """Handle packets until the end; True where the client said DISCONNECT.

        Raises MalformedPacket, IncompleteReadError and ConnectionError.
        """
        while True:
            packet = await read_packet(self._packets)
            self.heard_s = self._now_s()
            if packet.kind == PUBLISH:
                message = parse_publish(packet)
                exchange.publish(self, message)
                if message.qos:
                    self._out.write(puback_bytes(message.packet_id))
            elif packet.kind == PUBACK:
                self.delivery.acknowledged(int.from_bytes(packet.body[:2], "big"))
            elif packet.kind == PINGREQ:
                self._out.write(PINGRESP)
            elif packet.kind == SUBSCRIBE:
                await self._subscribe(exchange, packet)
            elif packet.kind == UNSUBSCRIBE:
                await self._unsubscribe(exchange, packet)
            elif packet.kind == DISCONNECT:
                return True
            else:
                raise MalformedPacket(f"packet type {packet.kind} has no place here")

    async def _subscribe(self, exchange: Exchange, packet: Packet) -> None:
        try:
            asked = await SubscribePacket.from_stream(BufferReader(packet.body), packet.header)
        except (NoDataError, ValueError) as error:
            raise MalformedPacket(f"SUBSCRIBE: {error}") from error
        topics = asked.payload.topics if asked.payload else []
        if packet.flags != 0x02 or not topics or asked.variable_header is None:
            raise MalformedPacket("a SUBSCRIBE without filters or with wrong flags")
        codes = [exchange.subscribe(self, topic_filter, qos) for topic_filter, qos in topics]
        self._out.write(suback_bytes(asked.variable_header.packet_id, codes))
        for (topic_filter, _), code in zip(topics, codes, strict=True):
            if code < 0x80:
                exchange.send_retained(self, topic_filter, code)

    async def _unsubscribe(self, exchange: Exchange, packet: Packet) -> None:
        try:
            asked = await UnsubscribePacket.from_stream(BufferReader(packet.body), packet.header)
        except (NoDataError, ValueError) as error:
            raise MalformedPacket(f"UNSUBSCRIBE: {error}") from error
        if asked.payload is None or asked.variable_header is None:
            raise MalformedPacket("an UNSUBSCRIBE without filters")
        for topic_filter in asked.payload.topics:
            exchange.unsubscribe(self, topic_filter)
        self._out.write(unsuback_bytes(asked.variable_header.packet_id))

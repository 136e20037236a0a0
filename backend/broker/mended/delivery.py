"""Sends one client what it is owed, as fast as it reads and acknowledges and no faster.

Mends amqtt together with outgoing.py: beyond the limits of a session the subscriber is
disconnected, its session stays, and the log says so once; memory does not grow.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from backend.broker.mended.outgoing import Message, Outgoing
from backend.broker.mended.packets import publish_bytes

UNSENT_BYTES = 256 * 1024
"""Bytes a connection may hold that its peer has not read; beyond, QoS 0 is dropped."""

_log = logging.getLogger("softplace.broker")


class Delivery:
    """The messages of one session on their way out; with or without a connection."""

    def __init__(self, client_id: str, outgoing: Outgoing) -> None:
        self._client_id = client_id
        self._outgoing = outgoing
        self._writer: asyncio.StreamWriter | None = None
        self._draining: asyncio.Task[None] | None = None
        self._full_said = False
        self._behind_said = False

    @property
    def outgoing(self) -> Outgoing:
        """What is owed."""
        return self._outgoing

    def attach(self, writer: asyncio.StreamWriter) -> None:
        """A connection of the session is open: send again what it never acknowledged."""
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        for packet_id, message in self._outgoing.unacknowledged():
            self._write(message, packet_id, again=True)
        self._flush()

    def detach(self) -> None:
        """The connection is gone; QoS 1 messages are held from now on."""
        self._writer = None
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None

    def offer(self, message: Message) -> None:
        """Send, hold or drop one message, by its QoS and by what the client can take."""
        if message.qos == 0:
            self._offer_at_most_once(message)
        elif self._outgoing.hold(message):
            self._flush()
        else:
            self._overflow()

    def acknowledged(self, packet_id: int) -> None:
        """The client has a message; the window opens."""
        if self._outgoing.acknowledged(packet_id):
            self._flush()

    def _offer_at_most_once(self, message: Message) -> None:
        if self._writer is None:
            return
        if self._unsent(self._writer) < UNSENT_BYTES:
            self._write(message, 0, again=False)
            self._behind_said = False
        elif not self._behind_said:
            self._behind_said = True
            _log.warning(
                "subscriber reads too slowly, QoS 0 messages to it are dropped client=%s",
                self._client_id,
            )

    def _flush(self) -> None:
        while self._writer is not None:
            if self._unsent(self._writer) >= UNSENT_BYTES:
                self._flush_when_read(self._writer)
                return
            following = self._outgoing.next_to_send()
            if following is None:
                if self._full_said and not self._outgoing.waiting:
                    self._full_said = False
                    _log.info(
                        "subscriber has caught up client=%s dropped=%d",
                        self._client_id,
                        self._outgoing.dropped,
                    )
                return
            packet_id, message = following
            self._write(message, packet_id, again=False)

    def _overflow(self) -> None:
        if not self._full_said:
            self._full_said = True
            _log.warning(
                "subscriber does not acknowledge, its queue is full; it is disconnected, its"
                " session is kept, further messages to it are dropped"
                " client=%s waiting=%d held_bytes=%d",
                self._client_id,
                self._outgoing.waiting,
                self._outgoing.held_bytes,
            )
        if self._writer is not None:
            self._writer.transport.abort()

    def _write(self, message: Message, packet_id: int, *, again: bool) -> None:
        if self._writer is None or self._writer.is_closing():
            return
        self._writer.write(
            publish_bytes(
                message.topic,
                message.payload,
                qos=message.qos,
                retain=message.retain,
                packet_id=packet_id,
                again=again,
            )
        )

    def _flush_when_read(self, writer: asyncio.StreamWriter) -> None:
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain(writer))

    async def _drain(self, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await writer.drain()
        self._draining = None
        self._flush()

    @staticmethod
    def _unsent(writer: asyncio.StreamWriter) -> int:
        size: int = writer.transport.get_write_buffer_size()
        return size

"""One MQTT 3.1.1 connection on the asyncio loop: paho's client, driven by the loop's own events.

paho is used directly: its asyncio wrapper hides `session present`, which tells that the broker
has lost its memory, and offers no way to go without saying goodbye, which lets a will speak.
A connection is used once; what was unacknowledged is the outbox's to send again, not paho's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge.link.connecting import hung_up, lost, refused, unreachable
from edge.link.errors import ConnectionFailed
from edge.link.settings import LinkSettings

CONNECT_TIMEOUT_S = 10.0
HOUSEKEEPING_S = 2.0
"""Seconds between paho's looks at its keepalive."""

Receive = Callable[[str, bytes], None]


class MqttConnection:
    """A connection with a persistent session and a will."""

    def __init__(
        self,
        settings: LinkSettings,
        client_id: str,
        will: tuple[str, bytes],
        on_message: Receive,
        on_acknowledged: Callable[[int], None],
    ) -> None:
        """`will`: topic and payload, retained. `on_acknowledged` gets what `publish` returned."""
        self._settings = settings
        self._on_message = on_message
        self._on_acknowledged = on_acknowledged
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self.gone: asyncio.Future[ConnectionFailed] = self._loop.create_future()
        """Done when the connection is over, with the reason."""
        self._housekeeping: asyncio.TimerHandle | None = None
        self._abandoned = False
        self._client = self._make_client(client_id, will)

    def _make_client(self, client_id: str, will: tuple[str, bytes]) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        # The window is ours (sender.py); paho's would hold an alarm back behind a backlog.
        client.max_inflight_messages_set(0)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.will_set(*will, qos=1, retain=True)
        broker = self._settings.broker
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        client.on_connect = self._heard_connack
        client.on_disconnect = self._heard_disconnect
        client.on_message = lambda _client, _data, message: self._on_message(
            message.topic, bytes(message.payload)
        )
        client.on_publish = lambda _client, _data, mid, _reason, _properties: self._on_acknowledged(
            mid
        )
        client.on_socket_open = self._watch_socket
        client.on_socket_close = self._unwatch_socket
        client.on_socket_register_write = self._watch_writable
        client.on_socket_unregister_write = self._unwatch_writable
        return client

    async def open(self) -> bool:
        """Connect; True where the broker still knew this session. Raises ConnectionFailed."""
        broker = self._settings.broker
        try:
            if broker.tls:
                self._client.tls_set_context(self._tls_context())
            # Name resolution, TCP and TLS block, so they are given a thread.
            await self._loop.run_in_executor(None, self._connect)
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await self._connected
        except ConnectionFailed:
            raise
        except (OSError, ValueError) as error:
            raise unreachable(broker.shown, error) from error
        finally:
            if not self._connected.done() or self._connected.exception():
                self.cut()

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Hand a message to the broker at QoS 1; what is returned names its acknowledgement.

        Raises ConnectionFailed.
        """
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._over(paho.error_string(info.rc))
        return info.mid

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics at QoS 1; their answer is not waited for. Raises ConnectionFailed."""
        code, _ = self._client.subscribe([(topic, 1) for topic in topics])
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._over(paho.error_string(code))

    def close(self) -> None:
        """Say goodbye: the broker drops the will."""
        self._client.disconnect()
        with suppress(OSError, ValueError):
            while self._client.want_write():
                if self._client.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    break
        self.cut()

    def cut(self) -> None:
        """Go without goodbye: the broker speaks the will at once."""
        self._abandoned = True
        opened: Any = self._client.socket()
        if opened is not None:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            with suppress(OSError, ValueError):
                self._client.loop_read()
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        if not self.gone.done():
            self.gone.set_result(lost(self._settings.broker.shown, "closed here"))

    def give_up(self, reason: str) -> None:
        """Declare the connection over; whoever waits for `gone` then cuts it."""
        self._over(reason)

    def _connect(self) -> None:
        broker = self._settings.broker
        self._client.connect(broker.host, broker.port, self._settings.keepalive_s)
        if self._abandoned:
            # Cancelled while this thread was busy: nobody will read what comes.
            opened = self._client.socket()
            if opened is not None:
                opened.close()

    def _tls_context(self) -> ssl.SSLContext:
        settings = self._settings
        for file in (settings.ca_file, settings.cert_file, settings.key_file):
            if file is not None:
                # ssl would not say which one is missing.
                file.open("rb").close()
        context = ssl.create_default_context(
            cafile=str(settings.ca_file) if settings.ca_file else None
        )
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        return context

    def _over(self, reason: str) -> ConnectionFailed:
        failure = lost(self._settings.broker.shown, reason)
        if not self.gone.done():
            self.gone.set_result(failure)
        return failure

    # What paho tells us, some of it from the connecting thread.

    def _heard_connack(
        self, _client: Any, _data: Any, flags: Any, reason: Any, _properties: Any
    ) -> None:
        if self._connected.done():
            return
        if reason.is_failure:
            self._connected.set_exception(refused(self._settings.broker.shown, str(reason)))
        else:
            self._connected.set_result(bool(flags.session_present))

    def _heard_disconnect(
        self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended, str(reason))

    def _ended(self, reason: str) -> None:
        self._over(reason)
        if not self._connected.done():
            broker = self._settings.broker
            self._connected.set_exception(hung_up(broker.shown, tls=broker.tls))

    def _watch_socket(self, _client: Any, _data: Any, opened: Any) -> None:
        # Without this a small packet waits for the acknowledgement of the one before it.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.call_soon_threadsafe(self._attend, opened)

    def _attend(self, opened: Any) -> None:
        if self._abandoned or opened.fileno() < 0:
            return
        self._loop.add_reader(opened.fileno(), self._read)
        self._keep_house()

    def _unwatch_socket(self, _client: Any, _data: Any, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.remove_reader(opened.fileno())
            self._loop.remove_writer(opened.fileno())

    def _watch_writable(self, _client: Any, _data: Any, opened: Any) -> None:
        self._loop.call_soon_threadsafe(self._attend_writable, opened)

    def _attend_writable(self, opened: Any) -> None:
        if opened.fileno() >= 0 and self._client.want_write():
            self._loop.add_writer(opened.fileno(), self._write)

    def _unwatch_writable(self, _client: Any, _data: Any, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.remove_writer(opened.fileno())

    def _read(self) -> None:
        self._guarded(self._client.loop_read)
        # A TLS socket may have decoded more than was read; the loop does not see that.
        opened = self._client.socket()
        while isinstance(opened, ssl.SSLSocket) and opened.pending():
            self._guarded(self._client.loop_read)
            opened = self._client.socket()

    def _write(self) -> None:
        self._guarded(self._client.loop_write)

    def _guarded(self, step: Callable[[], MQTTErrorCode]) -> None:
        try:
            step()
        except (OSError, ValueError) as error:
            self._ended(str(error))

    def _keep_house(self) -> None:
        if self._client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._housekeeping = self._loop.call_later(HOUSEKEEPING_S, self._keep_house)

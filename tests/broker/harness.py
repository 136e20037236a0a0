"""Brokers in a thread and clients that wait for events, never for time."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt import enums as paho_enums

from backend.broker.model import Broker
from backend.broker.probe import connect_bytes
from contract.broker_url import BrokerAddress

DEADLINE_S = 10.0


class BrokerThread:
    """Runs a broker of ours in its own event loop, so that clients of any kind can be tested."""

    def __init__(self, make: Callable[[], Broker]) -> None:
        self.broker = make()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S * 2)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self.broker.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.run(self.broker.stop())
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()

    @property
    def address(self) -> BrokerAddress:
        return self.broker.address


@dataclass
class Client:
    """A paho client whose events are queues."""

    address: BrokerAddress
    client_id: str = ""
    clean: bool = True
    username: str | None = None
    password: str | None = None
    will: tuple[str, bytes, int, bool] | None = None
    protocol: int = paho.MQTTv311
    manual_ack: bool = False
    prepare: Callable[[paho.Client], None] | None = None
    codes: queue.Queue[int] = field(default_factory=queue.Queue)
    granted: queue.Queue[list[int]] = field(default_factory=queue.Queue)
    messages: queue.Queue[paho.MQTTMessage] = field(default_factory=queue.Queue)
    gone: queue.Queue[int] = field(default_factory=queue.Queue)
    resumed: bool = False

    def __post_init__(self) -> None:
        arguments: dict[str, Any] = {"client_id": self.client_id, "protocol": self.protocol}
        if self.protocol != paho.MQTTv5:
            arguments["clean_session"] = self.clean
        self.paho = paho.Client(
            paho_enums.CallbackAPIVersion.VERSION2,
            manual_ack=self.manual_ack,
            reconnect_on_failure=False,
            **arguments,
        )
        if self.username is not None:
            self.paho.username_pw_set(self.username, self.password)
        if self.will is not None:
            topic, payload, qos, retain = self.will
            self.paho.will_set(topic, payload, qos, retain)
        if self.prepare is not None:
            self.prepare(self.paho)
        self.paho.on_connect = self._on_connect
        self.paho.on_subscribe = lambda _c, _u, _m, codes, _p: self.granted.put(
            [code.value for code in codes]
        )
        self.paho.on_message = lambda _c, _u, message: self.messages.put(message)
        self.paho.on_disconnect = lambda _c, _u, _f, reason, _p: self.gone.put(reason.value)

    def _on_connect(self, _c: Any, _u: Any, flags: Any, reason: Any, _p: Any) -> None:
        self.resumed = flags.session_present
        self.codes.put(reason.value)

    def connect(self, keepalive_s: int = 60) -> int:
        """Connect; the reason code (MQTT 5 words: 0, 132, 133, 134, 135)."""
        self.paho.connect(self.address.host, self.address.port, keepalive_s)
        self.paho.loop_start()
        return self.codes.get(timeout=DEADLINE_S)

    def __enter__(self) -> Self:
        assert self.connect() == 0
        return self

    def __exit__(self, *error: object) -> None:
        self.disconnect()

    def disconnect(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, topic_filter: str, qos: int = 1) -> int:
        self.paho.subscribe(topic_filter, qos)
        return self.granted.get(timeout=DEADLINE_S)[0]

    def publish(
        self, topic: str, payload: bytes = b"x", qos: int = 1, *, retain: bool = False
    ) -> None:
        info = self.paho.publish(topic, payload, qos, retain)
        info.wait_for_publish(DEADLINE_S)
        assert info.is_published()

    def next(self) -> tuple[str, bytes]:
        message = self.messages.get(timeout=DEADLINE_S)
        return message.topic, bytes(message.payload)

    def nothing_before(self, topic: str) -> None:
        """The next message is the one on `topic`: nothing forbidden or doubled came before."""
        assert self.next()[0] == topic


class RawClient:
    """MQTT by hand: silent, stalled or wrong on purpose."""

    def __init__(self, address: BrokerAddress, connect: bytes | None = None) -> None:
        self.socket = socket.create_connection((address.host, address.port), DEADLINE_S)
        if connect is None:
            connect = connect_bytes(address, "raw")
        self.socket.sendall(connect)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def packet(self) -> tuple[int, bytes]:
        """First byte and body of the next packet; raises EOFError when the broker hung up."""
        first = self._read(1)[0]
        length = shift = 0
        while True:
            byte = self._read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return first, self._read(length)

    def hung_up(self) -> bool:
        """Wait until the broker closes the connection."""
        try:
            while True:
                self.packet()
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False

    def close(self) -> None:
        self.socket.close()

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; fails after the deadline."""
    pause = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    message = "it did not happen in time"
    raise AssertionError(message)


def text(word: str) -> bytes:
    encoded = word.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def connect_with(
    client_id: str,
    *,
    keepalive_s: int = 60,
    clean: bool = True,
    will: tuple[str, str] | None = None,
    level: int = 4,
) -> bytes:
    """A CONNECT built here and not by the code under test."""
    flags = (0x02 if clean else 0) | (0x0C if will else 0)
    payload = text(client_id) + b"".join(text(part) for part in will or ())
    body = text("MQTT") + bytes((level, flags)) + keepalive_s.to_bytes(2, "big") + payload
    assert len(body) < 128
    return bytes((0x10, len(body))) + body


def subscribe_to(topic_filter: str, qos: int = 1, packet_id: int = 1) -> bytes:
    body = packet_id.to_bytes(2, "big") + text(topic_filter) + bytes((qos,))
    assert len(body) < 128
    return bytes((0x82, len(body))) + body

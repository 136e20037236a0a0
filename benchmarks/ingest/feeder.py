"""Feeds position messages to a broker from a raw socket, at a rate or as fast as it takes them.

Everything is encoded beforehand, so that on a machine of two cores the feeder takes as little as
possible from what is measured.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from contract import codec
from contract.topics import Unit, uplink_topic
from contract.uplink import Position

UNITS = 500
_WINDOW = 800
"""QoS 1 messages in flight; under the broker's own limit of deploy/mosquitto."""


@dataclass(frozen=True, slots=True)
class Fed:
    """What the feeder did."""

    sent: int
    acknowledged: int
    seconds: float


def position_packets(count: int, qos: int, territory: str, start_ms: int) -> list[bytes]:
    """PUBLISH packets of `count` positions, round robin over 500 units, one second apart each."""
    packets = []
    for i in range(count):
        unit_number, seq = i % UNITS, i // UNITS + 1
        position = Position(
            outbox=f"{unit_number:016x}",
            seq=seq,
            boot="0000beef-00000001",
            observed_ms=start_ms + seq * 1_000,
            clock="gnss",
            latitude=44.5 + unit_number / 1e4 + seq / 1e6,
            longitude=3.5 - unit_number / 1e4,
            speed_m_s=8.37,
            course_deg=271.4,
            accuracy_m=3.2,
            fix_quality=1,
            satellites=9,
            odometer_m=48_211.5 + seq,
        )
        topic = uplink_topic(territory, Unit("bus", f"v{unit_number:03d}"), "position")
        packets.append(_publish(topic, codec.encode(position), qos, i % 60_000 + 1))
    return packets


def feed(
    port: int,
    packets: list[bytes],
    qos: int,
    rate_per_s: float,
    events: list[tuple[float, Callable[[], None]]],
) -> Fed:
    """Send `packets` (rate 0: unpaced), call each event at its second, await the last PUBACK."""
    connection = _connect(port)
    start = time.monotonic()
    pending = sorted(events, key=lambda event: event[0])
    sent = acknowledged = 0
    while sent < len(packets):
        elapsed = time.monotonic() - start
        while pending and elapsed >= pending[0][0]:
            pending.pop(0)[1]()
        due = min(len(packets), int(elapsed * rate_per_s) + 1 if rate_per_s else sent + 200)
        if qos and not rate_per_s and sent - acknowledged > _WINDOW:
            due = sent
        if due > sent:
            connection.sendall(b"".join(packets[sent:due]))
            sent = due
        if qos:
            acknowledged += _acknowledgements(connection, wait_s=0 if due < len(packets) else 0.001)
        if rate_per_s or due == sent:
            time.sleep(0.001)
    for _, event in pending:
        event()
    deadline = time.monotonic() + 20
    while qos and acknowledged < sent and time.monotonic() < deadline:
        acknowledged += _acknowledgements(connection, wait_s=0.5)
    seconds = time.monotonic() - start
    connection.close()
    return Fed(sent, acknowledged if qos else sent, seconds)


def _acknowledgements(connection: socket.socket, wait_s: float) -> int:
    connection.settimeout(wait_s)
    try:
        return len(connection.recv(65_536)) // 4
    except (BlockingIOError, TimeoutError):
        return 0
    finally:
        connection.settimeout(None)


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    body = _string("MQTT") + bytes([4, 2]) + struct.pack(">H", 600) + _string("bench-feeder")
    connection.sendall(b"\x10" + _length(len(body)) + body)
    if connection.recv(4)[3] != 0:
        raise ConnectionError("the broker refuses the feeder")
    return connection


def _publish(topic: str, payload: bytes, qos: int, packet_id: int) -> bytes:
    body = _string(topic) + (struct.pack(">H", packet_id) if qos else b"") + payload
    return bytes([0x30 | qos << 1]) + _length(len(body)) + body


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _length(number: int) -> bytes:
    encoded = b""
    while True:
        number, digit = divmod(number, 128)
        encoded += bytes([digit | (0x80 if number else 0)])
        if not number:
            return encoded

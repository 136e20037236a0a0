"""Packets off and onto the wire, where amqtt's own way is unbounded or slow.

Mends amqtt: it accepts packets of up to 256 MB from anybody, reads them in pieces with a task
each, so that order and back pressure are left to chance, and goes on after a malformed one.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from amqtt.errors import MQTTError
from amqtt.mqtt.packet import MQTTFixedHeader

from backend.broker.model import MAX_PACKET_BYTES


class Packet(NamedTuple):
    """One control packet as it came."""

    kind: int
    flags: int
    body: bytes

    @property
    def header(self) -> MQTTFixedHeader:
        """The fixed header as amqtt's own classes want it."""
        return MQTTFixedHeader(self.kind, self.flags, len(self.body))


class MalformedPacket(MQTTError, ValueError):
    """A packet that breaks MQTT 3.1.1, or that this broker does not take; ends the connection."""


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    """The next packet, whole.

    Raises IncompleteReadError at the end of the connection and MalformedPacket.
    """
    first = await reader.readexactly(2)
    length = first[1] & 0x7F
    if first[1] & 0x80:
        for shift in (7, 14, 21):
            byte = (await reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        else:
            raise MalformedPacket("the remaining length has more than four bytes")
    if length > MAX_PACKET_BYTES:
        raise MalformedPacket(f"a packet of {length} bytes is over {MAX_PACKET_BYTES}")
    body = await reader.readexactly(length) if length else b""
    return Packet(first[0] >> 4, first[0] & 0x0F, body)


class Publish(NamedTuple):
    """A PUBLISH of a client."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    packet_id: int


def parse_publish(packet: Packet) -> Publish:
    """Topic and payload of a PUBLISH. Raises MalformedPacket."""
    qos = (packet.flags >> 1) & 0x03
    if qos > 1:
        raise MalformedPacket("QoS 2 is not offered here: publish at QoS 1")
    body = packet.body
    start = 2 + int.from_bytes(body[:2], "big")
    end = start + 2 if qos else start
    if len(body) < end:
        raise MalformedPacket("a PUBLISH ends within its header")
    try:
        topic = body[2:start].decode()
    except UnicodeDecodeError as error:
        raise MalformedPacket("a topic is not UTF-8") from error
    if not topic or "+" in topic or "#" in topic or "\0" in topic:
        raise MalformedPacket(f"{topic!r} is not a topic to publish to")
    packet_id = int.from_bytes(body[start:end], "big") if qos else 0
    if qos and not packet_id:
        raise MalformedPacket("a PUBLISH at QoS 1 has the packet id 0")
    return Publish(topic, body[end:], qos, bool(packet.flags & 1), packet_id)


def publish_bytes(
    topic: str, payload: bytes, *, qos: int, retain: bool, packet_id: int = 0, again: bool = False
) -> bytes:
    """A PUBLISH to a client; `again` marks a redelivery."""
    name = topic.encode()
    flags = 0x30 | (0x08 if again else 0) | (qos << 1) | (0x01 if retain else 0)
    middle = len(name).to_bytes(2, "big") + name
    if qos:
        middle += packet_id.to_bytes(2, "big")
    return bytes((flags,)) + _length_bytes(len(middle) + len(payload)) + middle + payload


def puback_bytes(packet_id: int) -> bytes:
    """The acknowledgement of a QoS 1 message."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def suback_bytes(packet_id: int, codes: list[int]) -> bytes:
    """The answer to a SUBSCRIBE; 0x80 is a refusal."""
    body = packet_id.to_bytes(2, "big") + bytes(codes)
    return b"\x90" + _length_bytes(len(body)) + body


def unsuback_bytes(packet_id: int) -> bytes:
    """The answer to an UNSUBSCRIBE."""
    return b"\xb0\x02" + packet_id.to_bytes(2, "big")


def connack_bytes(code: int, *, resumed: bool = False) -> bytes:
    """The answer to a CONNECT; `resumed` says that a session was kept."""
    return bytes((0x20, 2, 1 if resumed else 0, code))


PINGRESP = b"\xd0\x00"


def _length_bytes(length: int) -> bytes:
    if length < 128:
        return bytes((length,))
    encoded = bytearray()
    while length >= 128:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes(encoded)

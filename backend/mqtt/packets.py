"""MQTT 3.1.1 packets as bytes: build the ones a client sends, read the ones it receives.

Rules of this file: no I/O. Topics, payloads and packet ids stay bytes, because the reader is
the hottest loop of the backend and every conversion would be paid per message. Numbers in
brackets are sections of the OASIS standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backend.mqtt.errors import MalformedPacket

Message = tuple[bytes, bytes, bytes]
"""Topic, payload, and the packet id by which to acknowledge (empty at QoS 0)."""
Control = tuple[int, bytes]
"""Packet type (the high half of the first byte) and body of anything but a PUBLISH."""

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0
PINGREQ_PACKET = b"\xc0\x00"
DISCONNECT_PACKET = b"\xe0\x00"
_PUBACK_HEAD = b"\x40\x02"
_DUP = 0x08

MAX_PACKET_BYTES = 8 * 1024 * 1024
"""Far above a batch of accepted messages; a larger claim is a broken or hostile stream."""

_SIZES = {CONNACK: 2, PUBACK: 2, PINGRESP: 0}


def connect_packet(
    client_id: str, username: str | None, password: str | None, keepalive_s: int, *, clean: bool
) -> bytes:
    """CONNECT [3.1]."""
    flags = 0x02 if clean else 0x00
    body = _text(client_id)
    if username is not None:
        flags |= 0x80
        body += _text(username)
        if password is not None:
            flags |= 0x40
            body += _text(password)
    head = _text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big")
    return _packet(0x10, head + body)


def subscribe_packet(packet_id: int, filters: Iterable[str], qos: int) -> bytes:
    """SUBSCRIBE [3.8]."""
    topics = b"".join(_text(topic_filter) + bytes([qos]) for topic_filter in filters)
    return _packet(0x82, packet_id.to_bytes(2, "big") + topics)


def publish_packet(
    topic: str, payload: bytes, *, qos: int, retain: bool, packet_id: int = 0
) -> bytes:
    """PUBLISH [3.3] at QoS 0 or 1."""
    first = PUBLISH | qos << 1 | retain
    identifier = packet_id.to_bytes(2, "big") if qos else b""
    return _packet(first, _text(topic) + identifier + payload)


def as_duplicate(packet: bytes) -> bytes:
    """A PUBLISH as it is sent for the second time [3.3.1.1]."""
    return bytes([packet[0] | _DUP]) + packet[1:]


def puback_packets(packet_ids: Sequence[bytes]) -> bytes:
    """One PUBACK [3.4] per id, as one string of bytes for one write."""
    if not packet_ids:
        return b""
    return _PUBACK_HEAD + _PUBACK_HEAD.join(packet_ids)


class PacketReader:
    """Cuts a byte stream, fed in any fragmentation, into packets."""

    def __init__(self, max_packet_bytes: int = MAX_PACKET_BYTES) -> None:
        self._max = max_packet_bytes
        self._rest = b""
        self._needed = 2
        """No packet is complete before the rest is this long."""

    def feed(self, data: bytes) -> tuple[list[Message], list[Control]]:
        """The packets that `data` completes. Raises MalformedPacket; then feed no more."""
        buffer = self._rest + data if self._rest else data
        if len(buffer) < self._needed:
            self._rest = buffer
            return [], []
        messages: list[Message] = []
        controls: list[Control] = []
        at = 0
        end = len(buffer)
        self._needed = 2
        while end - at >= 2:
            first = buffer[at]
            length = buffer[at + 1]
            start = at + 2
            if length > 127:
                length, start = self._length(buffer, at + 1)
                if start == 0:
                    break
            stop = start + length
            if stop > end:
                self._needed = stop - at
                break
            if first & 0xF0 == 0x30:
                topic_at = start + 2
                topic_end = topic_at + (buffer[start] << 8 | buffer[start + 1]) if length > 2 else 0
                if first & 0x06 == 0x02:
                    body_at = topic_end + 2
                    messages.append(
                        (
                            buffer[topic_at:topic_end],
                            buffer[body_at:stop],
                            buffer[topic_end:body_at],
                        )
                    )
                else:
                    body_at = topic_end
                    messages.append((buffer[topic_at:topic_end], buffer[body_at:stop], b""))
                if not topic_at < topic_end <= body_at <= stop or first & 0x04:
                    raise _bad_publish(first, length)
            else:
                controls.append(_control(first, buffer[start:stop]))
            at = stop
        self._rest = buffer[at:]
        return messages, controls

    def _length(self, buffer: bytes, at: int) -> tuple[int, int]:
        """Remaining length [2.2.3] and where the body starts; (0, 0) if it is not all there."""
        length = shift = 0
        for i in range(at, min(at + 4, len(buffer))):
            length |= (buffer[i] & 0x7F) << shift
            shift += 7
            if buffer[i] < 0x80:
                if length > self._max:
                    raise MalformedPacket(f"a packet of {length} bytes; the limit is {self._max}")
                return length, i + 1
        if shift == 28:
            raise MalformedPacket("a remaining length of more than four bytes")
        return 0, 0


def _control(first: int, body: bytes) -> Control:
    kind = first & 0xF0
    if first & 0x0F or (kind not in _SIZES and kind != SUBACK):
        raise MalformedPacket(f"a packet that starts with {first:#04x}, which no broker sends")
    if len(body) != _SIZES.get(kind, len(body)) or (kind == SUBACK and len(body) < 3):
        raise MalformedPacket(f"a packet {first:#04x} with {len(body)} bytes")
    return kind, body


def _bad_publish(first: int, length: int) -> MalformedPacket:
    if first & 0x04:
        return MalformedPacket("a message at a quality of service that we did not ask for")
    return MalformedPacket(f"a message whose topic does not fit into its {length} bytes")


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    encoded = bytearray([first])
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(encoded) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded

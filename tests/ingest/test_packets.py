"""The reader of MQTT packets, against every fragmentation and against nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.mqtt.errors import MalformedPacket
from backend.mqtt.packets import (
    CONNACK,
    PINGRESP,
    PUBACK,
    SUBACK,
    PacketReader,
    as_duplicate,
    connect_packet,
    puback_packets,
    publish_packet,
    subscribe_packet,
)

topics = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
publishes = st.builds(
    lambda topic, payload, qos, retain, pid: (
        publish_packet(topic, payload, qos=qos, retain=retain, packet_id=pid),
        (topic.encode(), payload, pid.to_bytes(2, "big") if qos else b""),
    ),
    topics,
    st.binary(max_size=400),
    st.integers(0, 1),
    st.booleans(),
    st.integers(1, 65_535),
)
controls = st.sampled_from(
    [
        (b"\x20\x02\x01\x00", (CONNACK, b"\x01\x00")),
        (b"\x40\x02\x12\x34", (PUBACK, b"\x12\x34")),
        (b"\x90\x03\x00\x01\x80", (SUBACK, b"\x00\x01\x80")),
        (b"\xd0\x00", (PINGRESP, b"")),
    ]
)


@given(st.lists(st.one_of(publishes, controls), max_size=12), st.lists(st.integers(1, 300)))
def test_any_fragmentation_gives_the_same_packets(packets, cuts):
    stream = b"".join(encoded for encoded, _ in packets)
    reader = PacketReader()
    messages, others, at = [], [], 0
    for size in [*cuts, len(stream)]:
        received, heard = reader.feed(stream[at : at + size])
        messages += received
        others += heard
        at += size
    expected = [decoded for _, decoded in packets]
    assert messages == [d for d in expected if len(d) == 3]
    assert others == [d for d in expected if len(d) == 2]


def test_one_byte_at_a_time():
    packet = publish_packet("a/b", b"x" * 300, qos=1, retain=False, packet_id=7)
    reader = PacketReader()
    received = [reader.feed(packet[i : i + 1])[0] for i in range(len(packet))]
    assert received[:-1] == [[]] * (len(packet) - 1)
    assert received[-1] == [(b"a/b", b"x" * 300, b"\x00\x07")]


@pytest.mark.parametrize(
    "stream",
    [
        b"\x36\x05\x00\x01a\x00\x01",  # QoS 3
        b"\x34\x05\x00\x01a\x00\x01",  # QoS 2, which was not asked for
        b"\x30\x02\x00\x00",  # no topic
        b"\x30\x03\x00\x05a",  # a topic longer than its packet
        b"\x32\x04\x00\x01a\x00",  # half a packet id
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x30\xff\xff\xff\x7f",  # 256 MiB
        b"\x10\x00",  # a broker does not CONNECT
        b"\x00\x00",
        b"\xf0\x00",
        b"\x21\x02\x00\x00",  # reserved flags
        b"\x40\x03\x00\x01\x02",
        b"\x90\x02\x00\x01",
    ],
)
def test_nonsense_is_refused_with_a_reason(stream):
    with pytest.raises(MalformedPacket, match=r"\w"):
        PacketReader().feed(stream)


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader(data):
    reader = PacketReader()
    try:
        for i in range(len(data)):
            reader.feed(data[i : i + 1])
    except MalformedPacket:
        pass


def test_acknowledgements_of_a_batch_are_one_string_of_bytes():
    assert puback_packets([b"\x00\x01", b"\x12\x34"]) == b"\x40\x02\x00\x01\x40\x02\x12\x34"
    assert puback_packets([]) == b""


def test_what_a_client_sends_is_as_the_standard_says():
    connect = connect_packet("me", "u", "p", 30, clean=False)
    assert connect == b"\x10\x14\x00\x04MQTT\x04\xc0\x00\x1e\x00\x02me\x00\x01u\x00\x01p"
    assert subscribe_packet(1, ["a/+"], 1) == b"\x82\x08\x00\x01\x00\x03a/+\x01"
    again = as_duplicate(publish_packet("t", b"x", qos=1, retain=True, packet_id=9))
    assert again == b"\x3b\x06\x00\x01t\x00\x09x"

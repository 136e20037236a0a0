"""Frames of recorded PN532 chips are understood, whole, in pieces and among junk."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.pn532_frames import FrameReader, Reply, Signal, encode

RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "nfc" / "pn532_frames.txt"
recorded = pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded frames at {RECORDED}")


def frames(direction: str) -> list[bytes]:
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    texts = [line[1:].split("#")[0] for line in lines if line.startswith(direction)]
    return [bytes.fromhex(text) for text in texts]


@recorded
def test_what_recorded_chips_say_is_understood():
    heard = [event for frame in frames("<") for event in FrameReader().feed(frame)]
    assert Reply(0x02, bytes.fromhex("32010607")) in heard
    assert Reply(0x14, b"") in heard
    assert Reply(0x4A, bytes.fromhex("01010344200704782e21801d8006757781 0280")) in heard
    assert Reply(
        0x40, bytes.fromhex("00af") + bytes.fromhex("b969fdfe56fd91fc9de6f6f213b8fd1e")
    ) in (heard)
    assert heard.count(Signal.NOT_UNDERSTOOD) == 1
    assert Signal.DAMAGED not in heard


@recorded
def test_our_commands_are_those_of_recorded_hosts():
    said = frames(">")
    assert encode(0x02, b"") in said
    assert encode(0x4A, b"\x01\x00") in said
    assert encode(0x40, b"\x01\xaa\x00")[1:-1] in {frame[1:-1] for frame in said}


answers = st.binary(min_size=0, max_size=300)


def reply(code: int, data: bytes) -> bytes:
    """As a chip frames it: like a command, from the other side."""
    body = bytes((0xD5, code + 1)) + data
    size = len(body)
    if size > 255:
        long = size.to_bytes(2)
        head = b"\xff\xff" + long + bytes((-sum(long) & 0xFF,))
    else:
        head = bytes((size, -size & 0xFF))
    return b"\x00\x00\xff" + head + body + bytes((-sum(body) & 0xFF, 0))


@given(data=answers, cuts=st.lists(st.integers(0, 320)))
def test_pieces_of_any_size_give_the_same_frames(data: bytes, cuts: list[int]):
    wire = bytes.fromhex("0000ff00ff00") + reply(0x40, data)
    reader, heard, at = FrameReader(), [], 0
    for cut in [*sorted(cuts), len(wire)]:
        heard += reader.feed(wire[at:cut])
        at = max(at, cut)
    assert heard == [Signal.ACK, Reply(0x40, data)]


@given(data=answers)
def test_a_frame_is_there_with_its_checksum_and_not_a_byte_sooner(data: bytes):
    wire = reply(0x40, data)
    reader = FrameReader()
    assert reader.feed(wire[:-2]) == []
    assert reader.feed(wire[-2:-1]) == [Reply(0x40, data)]
    assert reader.feed(wire[-1:] + wire) == [Reply(0x40, data)]


@given(junk=st.binary(max_size=40), data=answers)
def test_junk_before_a_frame_never_makes_a_false_one(junk: bytes, data: bytes):
    heard = FrameReader().feed(junk.replace(b"\x00\xff", b"\x00") + reply(0x40, data))
    assert [event for event in heard if isinstance(event, Reply)] == [Reply(0x40, data)]


@given(data=answers, position=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_damaged_frame_never_passes(data: bytes, position: int, bit: int):
    wire = bytearray(reply(0x40, data))
    position = 3 + position % (len(wire) - 4)
    wire[position] ^= 1 << bit
    assert Reply(0x40, data) not in FrameReader().feed(bytes(wire) + bytes(300))

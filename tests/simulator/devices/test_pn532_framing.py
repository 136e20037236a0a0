"""Frames of the PN532, found whatever surrounds them and however they are cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.devices.pn532.framing import ACK, ERROR, LONGEST, NACK, FrameReader, Kind, encode

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "nfc" / "pn532_frames.txt"
BODIES = st.binary(min_size=1, max_size=LONGEST)


def frames_of(data: bytes) -> list[tuple[Kind, bytes]]:
    return [(frame.kind, frame.body) for frame in FrameReader().feed(data)]


@given(st.lists(BODIES, max_size=4), st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_found_in_any_pieces_and_at_their_last_byte(bodies, sizes):
    data = b"\x55\x55" + bytes(14) + b"".join(ACK + encode(body) for body in bodies)
    reader, found, at, turn = FrameReader(), [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found += reader.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    assert [frame.body for frame in found if frame.kind is Kind.DATA] == bodies
    assert sum(frame.kind is Kind.ACK for frame in found) == len(bodies)
    assert not bodies or found[-1].ended == len(data)


@given(BODIES, st.data())
def test_a_frame_with_one_broken_byte_is_never_taken_for_what_it_was(body, data):
    frame = bytearray(encode(body))
    at = data.draw(st.integers(1, len(frame) - 2))
    frame[at] ^= data.draw(st.integers(1, 255))
    assert (Kind.DATA, body) not in frames_of(bytes(frame))


@given(st.binary(max_size=40), BODIES)
def test_a_frame_after_junk_is_found_once_it_has_been_repeated_past_a_false_start(junk, body):
    repeated = encode(body) * (2 + LONGEST // len(body))
    assert (Kind.DATA, body) in frames_of(junk + repeated)


def test_a_nack_is_not_an_extended_frame():
    assert frames_of(NACK) == [(Kind.NACK, b"")]


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded frames are not beside this checkout")
def test_every_recorded_frame_is_understood_and_written_back_as_it_was():
    seen = 0
    for line in RECORDED.read_text().splitlines():
        if line[:1] not in "<>" or not line:
            continue
        data = bytes.fromhex(line[1:].partition("#")[0])
        if data == ERROR:
            seen += 1
            continue
        found = FrameReader().feed(data)
        assert found
        assert found[-1].ended == len(data), line
        again = b"".join(ACK if f.kind is Kind.ACK else encode(f.body) for f in found)
        assert data.endswith(again), line
        seen += 1
    assert seen >= 13

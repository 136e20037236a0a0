"""OSDP frames in noise, on the panel's side and on the reader's, and a reader asked nonsense."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.osdp_frames import WholeFrames
from simulator.devices.osdp import framing
from simulator.devices.osdp.protocol import Conversation
from simulator.devices.osdp.state import ReaderState

QUIET = st.binary(max_size=40).map(lambda noise: noise.replace(b"\x53", b"\x52"))
"""Noise without the byte a frame begins with: what begins one may swallow what follows."""


def frame(address: int, control: int, block: bytes, payload: bytes) -> bytes:
    return framing.checked(framing.frame_head(address, control, block, len(payload)) + payload)


BLOCKS = (b"", b"\x11\1", b"\x11\0", b"\x13\1", b"\x15", b"\x17", b"\x18", b"\xff")

frames = st.builds(
    frame,
    st.integers(0, 0x7F),
    st.integers(0, 7),
    st.just(b""),
    st.binary(min_size=1, max_size=60),
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(st.lists(st.tuples(QUIET, frames), max_size=5), st.lists(st.integers(0, 500), max_size=9))
def test_whole_frames_come_out_of_noise_however_they_are_cut(sent, cuts):
    stream = b"".join(noise + one for noise, one in sent)
    panel, reader, found = WholeFrames(), framing.FrameReader(), []
    for piece in pieces(stream, cuts):
        panel.feed(piece)
        found += list(reader.feed(piece))
    assert panel.take(10_000) == b"".join(one for _, one in sent)
    assert found == [framing.parsed(one) for _, one in sent]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_junk_never_makes_a_frame_reader_fail_and_a_new_question_clears_it(first, second):
    panel, reader = WholeFrames(), framing.FrameReader()
    for junk in (first, second):
        panel.feed(junk)
        list(reader.feed(junk))
    panel.forget()
    reader.pause()
    question = frame(1, 4, b"", b"\x60")
    panel.feed(question)
    assert panel.take(1_000) == question
    assert [one.code for one in reader.feed(question)] == [0x60]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(BLOCKS),
            st.integers(0, 255),
            st.binary(max_size=40),
        ),
        max_size=12,
    )
)
def test_a_reader_without_a_secure_channel_answers_nonsense_and_does_nothing(asked):
    state = ReaderState(bytes(range(16)))
    state.read_card(b"\4\1\2\3")
    conversation = Conversation(state, 1, bytes)
    for number, (sequence, block, code, data) in enumerate(asked):
        sent = frame(1, framing.WITH_CRC | sequence, block, bytes([code]) + data + bytes(4))
        parsed = framing.parsed(sent)
        if parsed is None:
            continue
        reply = conversation.answer(parsed, float(number))
        assert reply is not None
        heard = framing.parsed(reply)
        assert heard is not None
        assert heard.address == 0x81
        assert heard.code != 0x50, "a card is told in clear"
    assert not state.relay.active(0.0)
    assert state.key == bytes(range(16))

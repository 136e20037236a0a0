from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.ld2450_frames import Sighting, Target, TargetFramer, render
from edge.drivers.steady_presence import SteadyPresence

DOCUMENTED = bytes.fromhex("aaff0300 0e03b18610006801 0000000000000000 0000000000000000 55cc")
"""The example of the maker's protocol: one target, 782 mm to the side, 1,713 mm away."""
RECORDED = bytes.fromhex("aaff0300 1001528300006801 0000000000000000 0000000000000000 55cc")
"""Published with its reading by a user of the radar."""

targets = st.builds(
    Target, st.integers(-8_000, 8_000), st.integers(1, 8_000), st.integers(-1_000, 1_000)
)
sightings = st.builds(Sighting, st.lists(targets, max_size=3).map(tuple))


def test_the_example_of_the_protocol_is_understood():
    [sighting] = TargetFramer().feed(DOCUMENTED)
    assert sighting.targets == (Target(-782, 1_713, -16),)
    assert sighting.persons == 1
    [sighting] = TargetFramer().feed(RECORDED)
    assert sighting.targets == (Target(-272, 850, 0),)


@given(st.lists(st.tuples(sightings, st.binary(max_size=12))), st.integers(1, 9))
def test_every_sighting_is_found_among_noise_however_it_is_cut(
    told: list[tuple[Sighting, bytes]], size: int
):
    stream = b"".join(noise.replace(b"\xaa", b"") + render(sighting) for sighting, noise in told)
    framer, found = TargetFramer(), []
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
    assert found == [sighting for sighting, _noise in told]


@given(st.binary(max_size=200))
def test_noise_is_survived(noise: bytes):
    framer = TargetFramer()
    framer.feed(noise)
    framer.feed(bytes(60))
    assert framer.feed(DOCUMENTED)


@pytest.mark.parametrize(
    ("at", "byte"),
    [
        (5, 0x7F),  # 32 m to the side
        (7, 0x06),  # behind the radar
        (7, 0xFF),  # 32 m away
        (9, 0x10),  # 41 m/s
        (11, 0x10),  # a resolution of 4 m
        (28, 0x54),  # tail
        (29, 0x00),
    ],
)
def test_a_byte_that_cannot_be_refuses_its_frame_and_no_other(at: int, byte: int):
    spoilt = bytearray(DOCUMENTED)
    spoilt[at] = byte
    framer = TargetFramer()
    assert len(framer.feed(bytes(spoilt) + DOCUMENTED + DOCUMENTED)) == 2
    assert framer.rejected >= 1


reports = st.lists(st.tuples(st.floats(0.05, 3.0), st.integers(0, 3)), max_size=60)


@given(reports)
def test_more_than_one_is_believed_only_after_standing_and_nobody_only_after_long(
    told: list[tuple[float, int]],
):
    steady, now_s, history = SteadyPresence(2.0, 5.0), 0.0, []
    for gap_s, persons in told:
        now_s += gap_s
        history.append((now_s, persons))
        shown = steady.take(persons, now_s)
        lately = [n for at_s, n in history if at_s >= now_s - 5.0]
        assert shown <= max(lately), "nothing outlives the hold"
        if persons:
            assert shown >= 1, "the first body is believed at once"
        if shown == 0:
            assert max(lately) == 0

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.ld2410_frames import Framer, Report, render

DOCUMENTED = bytes.fromhex("f4f3f2f1 0d00 02aa 02 5100 00 0000 3b 0000 5500 f8f7f6f5")
"""The example of the maker's protocol: still, nobody moving."""
ENGINEERING = bytes.fromhex(
    "f4f3f2f1 2300 01aa 03 1e00 3c 0000 39 0000 0808 3c22050303040306 05"
    " 0000391013060608 04 0305 5500 f8f7f6f5"
)

reports = st.builds(
    Report,
    st.sampled_from(["nobody", "moving", "still", "moving_and_still"]),
    st.integers(0, 900),
    st.integers(0, 100),
    st.integers(0, 900),
    st.integers(0, 100),
)


def test_the_reports_of_the_protocol_are_understood():
    assert Framer().feed(DOCUMENTED) == [Report("still", 0x51, 0, 0, 0x3B)]
    [report] = Framer().feed(ENGINEERING)
    assert (report.state, report.moving_cm, report.moving_energy) == ("moving_and_still", 30, 60)


@given(st.lists(st.tuples(reports, st.binary(max_size=12))), st.integers(1, 9))
def test_every_report_is_found_among_noise_however_it_is_cut(
    told: list[tuple[Report, bytes]], size: int
):
    clean = [(report, noise.replace(b"\xf4", b"")) for report, noise in told]
    stream = b"".join(noise + render(report) for report, noise in clean)
    framer, found = Framer(), []
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
    assert found == [report for report, _noise in told]


@given(st.binary(max_size=200))
def test_noise_is_survived(noise: bytes):
    framer = Framer()
    framer.feed(noise)
    framer.feed(bytes(60))
    assert framer.feed(DOCUMENTED)


@pytest.mark.parametrize(
    ("at", "byte"),
    [
        (4, 0x0C),  # length
        (5, 0x01),
        (6, 0x03),  # kind
        (7, 0xAB),  # head of the data
        (8, 0x04),  # state
        (10, 0x04),  # 10.5 m
        (11, 0x65),  # energy 101
        (17, 0x54),  # tail of the data
        (18, 0x01),
        (19, 0x00),  # tail of the frame
    ],
)
def test_a_byte_that_cannot_be_refuses_its_frame_and_no_other(at: int, byte: int):
    spoilt = bytearray(DOCUMENTED)
    spoilt[at] = byte
    framer = Framer()
    assert len(framer.feed(bytes(spoilt) + DOCUMENTED + DOCUMENTED)) == 2
    assert framer.rejected >= 1

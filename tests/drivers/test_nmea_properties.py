"""Whatever arrives on the wire: nothing crashes, nothing unsound becomes a position."""

from __future__ import annotations

import functools
import itertools
import operator

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.drivers.nmea_sentence import sealed
from edge.drivers.nmea_stream import NmeaStream
from edge.drivers.plausible_dates import REPLAY_DATES

REAL = [
    b"$GPRMC,193221.00,A,2037.7279,N,08704.0848,W,00.1,201.8,231207,01,W,A*2D\r\n",
    b"$GPGGA,193221.00,2037.72792,N,08704.08478,W,1,04,1.7,-30.40,M,-13.9,M,,*7D\r\n",
    b"$GPZDA,193223.00,23,12,2007,00,00*69\r\n",
    b"$GNRMC,120213.000,A,5957.0062,N,01100.6429,E,0.00,0.00,310722,,,D,V*0A\r\n",
    b"$GNGGA,074155.799,3114.8770,N,12135.2463,E,1,05,1.3,156.9,M,8.3,M,,0000,4.9*77\r\n",
    b"$GPRMC,,V,,,,,,,,,,N*53\r\n",
    b"$GPGST,150119.000,004.0,008.7,004.7,132.3,006.8,007.2,00014*71\r\n",
    b"$GPGSA,A,3,10,28,09,13,,,,,,,,,03.4,01.7,03.0*00\r\n",
    b"$PGRME,15.0,M,22.5,M,27.0,M*1A\r\n",
    b"$GPTXT,01,01,02,u-blox ag - www.u-blox.com*50\r\n",
]
FIELDS = st.sampled_from(
    [
        *("", "0", "A", "V", "N", "S", "E", "W", "9", "235960", "250000", "9900.1", "18060.0"),
        *("-1.5", "nan", "inf", "1e9", "310299", "000000", "\x7f", "١٢٣", "4404.1x"),
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real sentence after an accident on the line."""
    line = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(line) - 1, 0)))
        how = draw(st.integers(0, 3))
        if how == 0 and line:
            line[at] = draw(st.integers(0, 255))
        elif how == 1:
            del line[at : at + draw(st.integers(1, 10))]
        elif how == 2:
            line[at:at] = draw(st.binary(max_size=5))
        else:
            line[at:at] = draw(st.sampled_from(REAL))[: draw(st.integers(0, 60))]
    return bytes(line)


@st.composite
def resealed(draw: st.DrawFn) -> bytes:
    """A real sentence with other fields and a right checksum: a faulty receiver, a good line."""
    body = draw(st.sampled_from(REAL)).decode().strip()[1:-3].split(",")
    for _ in range(draw(st.integers(1, 3))):
        body[draw(st.integers(1, len(body) - 1))] = draw(FIELDS)
    text = ",".join(body[: draw(st.integers(1, len(body)))])
    return sealed(text.encode("ascii", "replace").decode())


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[one:other] for one, other in itertools.pairwise(at)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(REAL), mutated(), resealed(), st.binary(max_size=40))),
    st.lists(st.integers(0, 2_000), max_size=20),
)
def test_any_stream_in_any_pieces_gives_only_sound_fixes(parts: list[bytes], cuts: list[int]):
    data = b"".join(parts)
    whole, cut = NmeaStream(REPLAY_DATES), NmeaStream(REPLAY_DATES)
    fixes = whole.feed(data, 0) + whole.end(0)
    same = [fix for piece in pieces(data, cuts) for fix in cut.feed(piece, 0)] + cut.end(0)
    assert fixes == same
    count = whole.counters(connected=False)
    assert count == cut.counters(connected=False)
    assert count.sentences == count.used + count.ignored + sum(count.rejected.values())
    assert len({fix.observed_ms for fix in fixes}) == len(fixes)
    for fix in fixes:
        assert -90 <= fix.latitude <= 90
        assert -180 <= fix.longitude <= 180
        assert fix.speed_m_s is None or 0 <= fix.speed_m_s <= 150
        assert fix.course_deg is None or 0 <= fix.course_deg <= 360
        assert 1 <= fix.fix_quality <= 8


@settings(max_examples=300, deadline=None)
@given(st.lists(mutated(), max_size=20))
def test_a_sentence_with_a_wrong_checksum_never_contributes(lines: list[bytes]):
    """Damage that the checksum shows leaves the outcome as if the line had never been sent."""
    damaged = [line for line in lines if b"$" not in line[1:] and not is_sound(line)]
    reader = NmeaStream(REPLAY_DATES)
    fixes = [fix for line in damaged for fix in reader.feed(line + b"\r\n", 0)]
    assert fixes + reader.end(0) == []
    assert reader.counters(connected=False).used == 0


def is_sound(line: bytes) -> bool:
    """Whether some part of `line` is a sentence with a right checksum."""
    for start in range(len(line)):
        body, star, rest = line[start + 1 :].partition(b"*")
        told = rest[:2]
        if line[start : start + 1] in {b"$", b"!"} and star and len(told) == 2:
            try:
                wanted = int(told, 16)
            except ValueError:
                continue
            if functools.reduce(operator.xor, body, 0) == wanted:
                return True
    return False

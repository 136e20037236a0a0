from __future__ import annotations

import pytest

from edge.drivers.nmea_sentence import MAX_SENTENCE_BYTES, Framer, Refusal, Sentence, sealed

GOOD = b"$GPGGA,193221.00,2037.72792,N,08704.08478,W,1,04,1.7,-30.40,M,-13.9,M,,*7D\r\n"
RMC = b"$GPRMC,193221.00,A,2037.7279,N,08704.0848,W,00.1,201.8,231207,01,W,A*2D\r\n"


def framed(*pieces: bytes) -> tuple[list[str], list[str], int]:
    """Lines, reasons of refusal and noise of a whole stream."""
    framer = Framer()
    found = [item for piece in pieces for item in framer.feed(piece)]
    found += framer.end()
    lines = [item.line for item in found if isinstance(item, Sentence)]
    reasons = [item.reason for item in found if isinstance(item, Refusal)]
    return lines, reasons, framer.noise_bytes


def test_a_sentence_is_whole_however_it_is_cut():
    whole = GOOD + RMC
    expected = framed(whole)
    assert len(expected[0]) == 2
    for at in range(len(whole)):
        assert framed(whole[:at], whole[at:]) == expected
    assert framed(*(bytes([byte]) for byte in whole)) == expected


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n", b"", b" \r\n"])
def test_any_line_end_ends_a_sentence(end: bytes):
    lines, reasons, noise = framed((GOOD.strip() + end) * 3)
    assert (len(lines), reasons) == (3, [])
    assert noise == (3 if end.startswith(b" ") else 0)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (GOOD.replace(b"*7D", b""), "checksum_missing"),
        (GOOD.replace(b"*7D", b"*"), "checksum_missing"),
        (GOOD.replace(b"*7D", b"*7"), "checksum_missing"),
        (GOOD.replace(b"*7D", b"*ZZ"), "checksum_missing"),
        (GOOD.replace(b"*7D", b"*7E"), "checksum_wrong"),
        (GOOD.replace(b"2037", b"2038"), "checksum_wrong"),
        (GOOD[:40], "cut_short"),
        (GOOD[:-5], "cut_short"),
        (GOOD[:40] + b"\x00" + GOOD[40:], "cut_short"),
        (b"$GPTXT," + b"x" * MAX_SENTENCE_BYTES + b"*00\r\n", "too_long"),
        (b"$GPTXT," + b"x" * 5 * MAX_SENTENCE_BYTES, "too_long"),
    ],
)
def test_a_faulty_sentence_is_refused_by_name_and_the_next_is_read(stream: bytes, reason: str):
    lines, reasons, _ = framed(stream)
    assert (lines, reasons) == ([], [reason])
    lines, reasons, _ = framed(stream, RMC)
    assert lines == [RMC.decode().strip()]
    assert reasons == [reason]


def test_a_cut_sentence_glued_to_the_next_loses_only_itself():
    lines, reasons, _ = framed(GOOD[:30] + RMC)
    assert (lines, reasons) == ([RMC.decode().strip()], ["cut_short"])


def test_lower_case_checksums_and_encapsulation_are_read():
    assert framed(GOOD.replace(b"*7D", b"*7d"))[0] == [GOOD.decode().strip().replace("*7D", "*7d")]
    assert len(framed(sealed("AIVDM,1,1,,A,13u?etPv2;0n,0").replace(b"$", b"!"))[0]) == 1


def test_binary_is_noise_and_not_sentences():
    binary = bytes(range(256)) * 4 + b"$\xa0\xa2!\x00$GP"
    lines, reasons, noise = framed(binary + RMC)
    assert (lines, reasons) == ([RMC.decode().strip()], [])
    assert noise == len(binary) - 4 * 2  # the line ends among the bytes


def test_what_is_kept_is_bounded():
    framer = Framer()
    for _ in range(100):
        assert list(framer.feed(b"$GPTXT" + b"," * 200)) is not None
        assert len(framer._held) <= MAX_SENTENCE_BYTES

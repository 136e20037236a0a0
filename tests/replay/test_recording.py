from __future__ import annotations

from pathlib import Path

from softplace.recording import Piece, load_recording


def loaded(tmp_path: Path, data: bytes) -> list[Piece]:
    path = tmp_path / "recording.log"
    path.write_bytes(data)
    return load_recording(path)


def whole(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def test_comments_are_not_sent_and_binary_is(tmp_path: Path):
    binary = b"\xa0\xa2\n#\x00\x01\x02$GPGGA\n\xb0\xb3"
    assert whole(loaded(tmp_path, b"# Name: Loz\xc3\xa8re\r\n#\n" + binary)) == binary


def test_marked_writes_are_sent_apart_and_the_marks_are_not(tmp_path: Path):
    pieces = loaded(tmp_path, b"# Delay-Cookie: | 0.5\n$GP|GGA,|1\n$GPRMC\n")
    assert whole(pieces) == b"$GPGGA,1\n$GPRMC\n"
    assert [piece.pause_s for piece in pieces] == [0.0, 0.5, 0.5, 0.0]


def test_a_bar_is_a_character_where_no_mark_is_named(tmp_path: Path):
    assert whole(loaded(tmp_path, b"$PXYZ,a|b\n")) == b"$PXYZ,a|b\n"


def test_the_pace_is_that_of_the_sentences(tmp_path: Path):
    pieces = loaded(
        tmp_path,
        b"$GPRMC,235958.50,A\n$GPGSV,1\n$GPGGA,235959.00,\n$GPZDA,000001.00\n$GPRMC,110000,A\n"
        b"$GPRMC,105959,A\n",
    )
    assert [piece.pause_s for piece in pieces] == [0.0, 0.0, 0.5, 2.0, 0.0, 0.0]

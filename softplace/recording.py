"""Recordings of receivers: what was sent, and at which pace, without what the log added.

gpsd's logs begin with comments (`#` lines), and one kind marks the boundaries of the original
writes with a character it names ("Delay-Cookie: | 0.01"); neither came from the receiver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400
LONGEST_PAUSE_S = 30.0
"""A gap of hours in a recording is not sat out."""

_COOKIE = re.compile(rb"#\s*Delay-Cookie:\s*(\S)\s+([\d.]+)")
_TIME = re.compile(rb"\$[A-Z]{2}(?:RMC|GGA|ZDA),(\d{2})(\d{2})(\d{2}(?:\.\d+)?)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes the receiver wrote at once, and the seconds it had paused before."""

    pause_s: float
    data: bytes


def load_recording(path: Path) -> list[Piece]:
    """The recording, with the pauses that its own times tell. Raises OSError."""
    return list(_paced(_written(path.read_bytes())))


def _written(log: bytes) -> Iterator[Piece]:
    """What the receiver wrote, line by line, or by the writes that the log marks."""
    cookie: tuple[bytes, float] | None = None
    for line in log.splitlines(keepends=True):
        if _is_comment(line):
            if found := _COOKIE.match(line):
                cookie = found[1], float(found[2])
            continue
        if cookie is None:
            yield Piece(0.0, line)
            continue
        for at, part in enumerate(line.split(cookie[0])):
            yield Piece(cookie[1] if at else 0.0, part)


def _is_comment(line: bytes) -> bool:
    """A line of text that begins with `#`; binary data may hold a `#` after a line end too."""
    return line.startswith(b"#") and _CONTROL.search(line) is None


def _paced(pieces: Iterator[Piece]) -> Iterator[Piece]:
    last_s: float | None = None
    for piece in pieces:
        pause_s = piece.pause_s
        if found := _TIME.search(piece.data):
            now_s = int(found[1]) * 3_600 + int(found[2]) * 60 + float(found[3])
            if last_s is not None:
                gone_s = (now_s - last_s) % DAY_S
                pause_s += gone_s if gone_s <= LONGEST_PAUSE_S else 0.0
            last_s = now_s
        yield Piece(pause_s, piece.data)

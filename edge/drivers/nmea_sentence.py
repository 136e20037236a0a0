"""NMEA 0183 framing: bytes in any pieces to sentences whose checksum is right.

Rules of this file: no I/O, no meaning. Every byte ends in a sentence, in a refused sentence
with its reason, or is counted as noise; line ends are neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SENTENCE_BYTES = 512
"""The standard says 82; real receivers pass 100 (RTK) and proprietary sentences 200."""

CHECKSUM_MISSING = "checksum_missing"
CHECKSUM_WRONG = "checksum_wrong"
CUT_SHORT = "cut_short"
"""Another sentence began, the stream ended or a byte came that is no text, before the end."""
TOO_LONG = "too_long"

_START = re.compile(rb"[$!]")
_STOP = re.compile(rb"[\x00-\x1f\x7f-\xff$!*]")
_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(rb"[$!][A-Za-z][A-Za-z0-9]{2,11},")
_LINE_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence between its start and its `*`, checksum right; `line` is all of it."""

    line: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sentence that is none, and why."""

    reason: str


class Framer:
    """Cuts a stream of bytes into sentences."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Sentence | Refusal]:
        """What `data` completes; an unfinished end is kept for the next call."""
        return self._scan(self._held + data, at_end=False)

    def end(self) -> Iterator[Sentence | Refusal]:
        """What the end of the stream makes of what was kept."""
        return self._scan(self._held, at_end=True)

    def _scan(self, data: bytes, *, at_end: bool) -> Iterator[Sentence | Refusal]:
        at = 0
        self._held = b""
        while start := _START.search(data, at):
            self._noise(data[at : start.start()])
            at = start.start()
            stop = _STOP.search(data, at + 1)
            end = stop.start() if stop else len(data)
            if end - at > MAX_SENTENCE_BYTES:
                yield from self._refuse(data[at:end], TOO_LONG)
            elif stop is None and not at_end:
                self._held = data[at:]
                return
            elif stop is None:
                yield from self._refuse(data[at:end], CUT_SHORT)
            elif stop[0] == b"*":
                if end + 3 > len(data) and not at_end:
                    self._held = data[at:]
                    return
                end = min(end + 3, len(data))
                yield from self._close(data[at:end])
                if _CHECKSUM.fullmatch(data, stop.end(), end) is None:
                    end = stop.end()
            else:
                reason = CHECKSUM_MISSING if stop[0] in _LINE_ENDS else CUT_SHORT
                yield from self._refuse(data[at:end], reason)
            at = end
        self._noise(data[at:])

    def _close(self, line: bytes) -> Iterator[Sentence | Refusal]:
        """Judge `line`, which has its `*` and what should be the checksum after it."""
        body, _, told = line[1:].partition(b"*")
        if _CHECKSUM.fullmatch(told) is None:
            yield from self._refuse(line[: len(body) + 2], CHECKSUM_MISSING)
        elif int(told, 16) != checksum(body):
            yield from self._refuse(line, CHECKSUM_WRONG)
        elif _ADDRESS.match(line) is None:
            self._noise(line)
        else:
            yield Sentence(line.decode("ascii"))

    def _refuse(self, line: bytes, reason: str) -> Iterator[Refusal]:
        """Refuse what looks like a sentence; binary data has `$` in it too, and that is noise."""
        if _ADDRESS.match(line):
            yield Refusal(reason)
        else:
            self._noise(line)

    def _noise(self, data: bytes) -> None:
        self.noise_bytes += len(data) - data.count(b"\r") - data.count(b"\n")


def checksum(body: bytes) -> int:
    """Exclusive or of the bytes between the start and the `*`."""
    total = 0
    for byte in body:
        total ^= byte
    return total


def sealed(body: str) -> bytes:
    """The sentence `body` as it goes on the wire: `$`, checksum, line end."""
    return f"${body}*{checksum(body.encode('ascii')):02X}\r\n".encode("ascii")

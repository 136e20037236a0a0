"""An entry of the journal and its line in a file.

Rules of this file: pure. A line is the hash over the line before it and this entry, then the
entry as JSON with sorted keys. The first line of a file is its head: which journal this is, and
the last hash of the one before. So each hash vouches for everything that was ever written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct

from contract.quantities import ClockSource
from edge.copass.rights_assembly import Edition
from edge.copass.time_keeper import KeptTime

HASH_BYTES = 32
CHAIN_DIGITS = 32
"""Of the hash so many hex digits go on the wire."""
NO_HASH = bytes(HASH_BYTES)
_HEX = 2 * HASH_BYTES

OutStream = Literal["tap", "alarm"]


class Head(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The first line of a file."""

    journal: str
    after_journal: str | None = None
    after_entry: int = 0
    after_hash: str | None = None
    """Of the last line of the journal before this one."""


class Entry(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Something that happened at a door."""

    kind: str
    """`tap`, `alarm`, or what the door did: `opened`, `exit_request`, `mode` ..."""
    boot: str
    boot_ms: int
    at_ms: int | None = None
    """UTC, where a trusted clock told it."""
    clock: ClockSource = "unset"
    time: tuple[int, int] = (0, 0)
    """`KeptTime`, so that the journal remembers it too."""
    rights: tuple[int, int] = (0, 0)
    """The highest edition of the rights that was ever accepted here."""
    tap: int = 0
    """Taps are numbered in each journal without a gap, so that a missing one is noticed."""
    stream: OutStream | None = None
    """Goes to the backend on this stream; None stays here."""
    body: dict[str, Any] = {}

    @property
    def kept_time(self) -> KeptTime:
        """The latest time known when it was written."""
        return KeptTime(*self.time)

    @property
    def edition(self) -> Edition:
        """What rights may not be older than."""
        return Edition(*self.rights)

    @property
    def utc_ms(self) -> int:
        """When it was, trusted or reckoned."""
        return self.at_ms if self.at_ms is not None else sum(self.time)


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that is on the disk; `n` counts the lines of its journal from 1."""

    journal: str
    n: int
    hash: bytes = field(repr=False)
    entry: Entry

    @property
    def chain(self) -> str:
        """As it goes on the wire."""
        return self.hash.hex()[:CHAIN_DIGITS]

    def wire_body(self) -> Mapping[str, object]:
        """The body of its message; a tap carries its identity."""
        if self.entry.stream != "tap":
            return self.entry.body
        identity = {"journal": self.journal, "entry": self.entry.tap, "chain": self.chain}
        return self.entry.body | identity


_encoder = msgspec.json.Encoder(order="sorted")
_head_decoder = msgspec.json.Decoder(Head)
_entry_decoder = msgspec.json.Decoder(Entry)


def encoded(record: Head | Entry) -> bytes:
    """The record as it is hashed."""
    return _encoder.encode(record)


def next_hash(before: bytes, record: bytes) -> bytes:
    """The hash of the line that follows a line with hash `before`."""
    return hashlib.sha256(before + record).digest()


def line_of(digest: bytes, record: bytes) -> bytes:
    """The line."""
    return digest.hex().encode() + b" " + record + b"\n"


def parted(line: bytes) -> tuple[bytes, bytes] | None:
    """Hash and record of a line (without its end), or None where it is none."""
    try:
        digest = bytes.fromhex(line[:_HEX].decode("ascii"))
    except ValueError:
        return None
    if len(digest) != HASH_BYTES or line[_HEX : _HEX + 1] != b" ":
        return None
    return digest, line[_HEX + 1 :]


def head_of(record: bytes) -> Head | None:
    """The record as a head, or None."""
    try:
        return _head_decoder.decode(record)
    except msgspec.DecodeError:
        return None


def entry_of(record: bytes) -> Entry | None:
    """The record as an entry, or None."""
    try:
        return _entry_decoder.decode(record)
    except msgspec.DecodeError:
        return None

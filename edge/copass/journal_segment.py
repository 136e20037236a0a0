"""What one file of the journal holds: whole lines, a torn end, or a break.

Rules of this file: pure. Each entry is synced before the next is written, so a power cut can
tear the last line and no other. Anything else that does not fit its hash is a break; what still
fits the line before it is used all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.copass.journal_entry import (
    NO_HASH,
    Entry,
    Head,
    Written,
    entry_of,
    head_of,
    next_hash,
    parted,
)


@dataclass(frozen=True, slots=True)
class Segment:
    """One file, read."""

    head: Head | None
    entries: tuple[Written, ...]
    last_hash: bytes
    sound_bytes: int
    """Where its last whole line ends."""
    torn_bytes: int
    """What a power cut left of a line that was never synced."""
    broken_lines: tuple[int, ...]
    """Lines, counted from 1, that are not what was written."""

    @property
    def last_entry(self) -> int:
        """Number of the last line that fits."""
        return self.entries[-1].n if self.entries else 0


def read_segment(data: bytes) -> Segment:
    """The file with these bytes."""
    *lines, rest = data.split(b"\n")
    torn_bytes = len(rest)
    if lines and not rest and not _fits(lines, len(lines) - 1):
        # The last line was written whole in length and torn in content.
        torn_bytes = len(lines.pop()) + 1
    if not lines:
        return Segment(None, (), NO_HASH, 0, torn_bytes, ())
    head = _head(lines[0])
    broken, entries = [] if head else [1], []
    digest = _digest(lines[0])
    for number in range(1, len(lines)):
        entry = _entry(lines, number)
        digest = _digest(lines[number])
        if entry is None or head is None:
            broken.append(number + 1)
        else:
            entries.append(Written(head.journal, number, digest, entry))
    sound_bytes = len(data) - torn_bytes
    return Segment(head, tuple(entries), digest, sound_bytes, torn_bytes, tuple(broken))


def _fits(lines: list[bytes], number: int) -> bool:
    if number == 0:
        return _head(lines[0]) is not None
    return _entry(lines, number) is not None


def _head(line: bytes) -> Head | None:
    parts = parted(line)
    head = head_of(parts[1]) if parts else None
    if parts is None or head is None:
        return None
    before = bytes.fromhex(head.after_hash) if head.after_hash else NO_HASH
    return head if next_hash(before, parts[1]) == parts[0] else None


def _entry(lines: list[bytes], number: int) -> Entry | None:
    parts = parted(lines[number])
    if parts is None or next_hash(_digest(lines[number - 1]), parts[1]) != parts[0]:
        return None
    return entry_of(parts[1])


def _digest(line: bytes) -> bytes:
    parts = parted(line)
    return parts[0] if parts else NO_HASH

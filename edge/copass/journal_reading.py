"""What earlier runs have left in the journal's directory; torn ends are cut off, breaks told."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.copass.durable_files import Files
from edge.copass.journal_entry import Head, Written
from edge.copass.journal_segment import Segment, read_segment

SUFFIX = ".log"
BROKEN = ".broken"
RECENT = 2_000
"""Entries of earlier runs that are told at start: who went which way, which alarms stand."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """The last line of a journal, which the next one carries on."""

    journal: str
    entry: int
    hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an earlier run."""

    path: Path
    journal: str
    entries: int
    newest_ms: int


@dataclass(slots=True)
class Past:
    """Everything found, oldest first."""

    found: list[Found] = field(default_factory=list)
    recent: deque[Written] = field(default_factory=lambda: deque(maxlen=RECENT))
    waiting: deque[Written] = field(default_factory=deque)
    """Still to be handed over."""
    breaks: list[str] = field(default_factory=list)
    last: Link | None = None
    next_ordinal: int = 1


def read_past(directory: Path, files: Files, handed: Callable[[str], int]) -> Past:
    """Read the directory; `handed` tells how far a journal has been handed over."""
    past = Past()
    for path in sorted(directory.glob(f"*{SUFFIX}*")):
        past.next_ordinal = max(past.next_ordinal, _ordinal(path) + 1)
        try:
            segment = read_segment(path.read_bytes())
        except OSError as error:
            past.breaks.append(f"{path.name} cannot be read ({error.strerror})")
            past.last = None
            continue
        _take(past, path, segment, files, handed)
    return past


def _take(
    past: Past, path: Path, segment: Segment, files: Files, handed: Callable[[str], int]
) -> None:
    journal = segment.head.journal if segment.head else path.name
    done = handed(journal)
    past.recent.extend(segment.entries)
    past.waiting.extend(w for w in segment.entries if w.entry.stream and w.n > done)
    if path.suffix == BROKEN:
        _add(past, path, journal, segment)
        past.last = None
        return
    if segment.torn_bytes:
        _cut(path, segment, files)
    if segment.head is None and not segment.broken_lines:
        return
    fault = _fault(segment, past.last, done)
    if fault is None:
        past.last = Link(journal, segment.last_entry, segment.last_hash)
        _add(past, path, journal, segment)
        return
    past.breaks.append(f"journal {journal}: {fault}")
    past.last = None
    _add(past, _set_aside(path, files), journal, segment)


def _add(past: Past, path: Path, journal: str, segment: Segment) -> None:
    newest_ms = segment.entries[-1].entry.utc_ms if segment.entries else 0
    past.found.append(Found(path, journal, len(segment.entries), newest_ms))


def _fault(segment: Segment, before: Link | None, done: int) -> str | None:
    head = segment.head
    if segment.broken_lines:
        return f"line {segment.broken_lines[0]} is not what was written"
    if head is not None and before is not None and not _carries_on(head, before):
        return "what came before it is missing or was changed"
    if done > segment.last_entry:
        return f"entries {segment.last_entry + 1} to {done} were handed over and are gone"
    return None


def _carries_on(head: Head, before: Link) -> bool:
    told = (head.after_journal, head.after_entry, head.after_hash)
    return told == (before.journal, before.entry, before.hash.hex())


def _cut(path: Path, segment: Segment, files: Files) -> None:
    """Off with what no entry ever was; a file that was never begun goes whole."""
    _log.warning(
        "journal=torn path=%s: the last %d bytes were being written when the power went and are"
        " cut off; no door had opened for them",
        path,
        segment.torn_bytes,
    )
    try:
        if segment.sound_bytes:
            files.cut(path, segment.sound_bytes)
        else:
            files.remove(path)
    except OSError as error:
        _log.warning("journal=not_cut path=%s why=%s", path, error.strerror)


def _set_aside(path: Path, files: Files) -> Path:
    aside = path.with_name(path.name + BROKEN)
    try:
        files.rename(path, aside)
    except OSError as error:
        _log.warning("journal=not_set_aside path=%s why=%s", path, error.strerror)
        return path
    return aside


def _ordinal(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0

"""The journal of a unit: what it decided and saw, synced before anything moves.

Each run of the program writes files of its own, each a journal with an id of its own that
carries the chain of the one before on. So a card that was rolled back to an older copy can never
give a number twice, and no file is ever opened for writing again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.copass.durable_files import Files, Growing
from edge.copass.errors import JournalUnwritable
from edge.copass.journal_entry import (
    NO_HASH,
    Entry,
    Head,
    Written,
    encoded,
    line_of,
    next_hash,
)
from edge.copass.journal_reading import SUFFIX, Found, Link, read_past

SEGMENT_BYTES = 1_000_000
KEEP_MS = 90 * 86_400_000

Mark = Callable[[str], int]
"""How far what is named so has been handed over."""

_log = logging.getLogger(__name__)


def mark_name(journal: str) -> str:
    """Under which the link remembers how far a journal has been handed over."""
    return f"journal:{journal}"


class Journal:
    """The journal in one directory.

    Args:
        directory: of its files.
        files: the disk.
        draw_id: sixteen hex digits that no other journal has.
        mark: how far each journal has been handed over.
        segment_bytes: a file longer than that is followed by another.
    """

    def __init__(
        self,
        directory: Path,
        files: Files,
        draw_id: Callable[[], str],
        mark: Mark,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.directory = directory
        self._files = files
        self._draw_id = draw_id
        self._segment_bytes = segment_bytes
        past = read_past(directory, files, lambda journal: mark(mark_name(journal)))
        self.breaks = tuple(past.breaks)
        """What is wrong with older files, one sentence each; somebody is to raise the alarm."""
        self.recent = past.recent
        """The last entries of earlier runs, for those who begin by them; then to be cleared."""
        self.last: Written | None = past.recent[-1] if past.recent else None
        """The newest entry."""
        self.waiting = past.waiting
        """What is still to be handed over, in the order of writing."""
        self._past = past.found
        self._ordinal = past.next_ordinal
        self._last = past.last
        self._growing: Growing | None = None
        self._present: Found | None = None
        self._size = 0
        self._taps = 0
        self._at_work = threading.RLock()
        """A line is written aside; who ends the agent meanwhile must not close its file."""

    @property
    def count(self) -> int:
        """Entries in all files."""
        present = [self._present] if self._present else []
        return sum(found.entries for found in [*self._past, *present])

    def append(self, entry: Entry) -> Written:
        """Write an entry; it is on the disk on return. Raises JournalUnwritable."""
        with self._at_work:
            try:
                return self._append(entry)
            except OSError as error:
                # What the disk has of that line is not known: the next entry begins a new file.
                self.close()
                raise JournalUnwritable(self.directory, error.strerror or str(error)) from error

    def close(self) -> None:
        """Write no more into the present file."""
        with self._at_work:
            if self._growing is not None:
                self._growing.close()
            if self._present is not None:
                self._past.append(self._present)
            self._growing = self._present = None

    def prune(self, now_ms: int) -> None:
        """Delete files older than KEEP_MS of which everything has been handed over."""
        waiting = {written.journal for written in tuple(self.waiting)}
        # Oldest first and without a gap: what is left must still carry its chain on.
        while self._past:
            oldest = self._past[0]
            if oldest.newest_ms > now_ms - KEEP_MS or oldest.journal in waiting:
                return
            if not self._removed(oldest.path):
                return
            self._past.pop(0)

    def _append(self, entry: Entry) -> Written:
        if self._growing is None or self._size >= self._segment_bytes:
            self.close()
            self._begin()
        present, growing, last = self._present, self._growing, self._last
        if present is None or growing is None or last is None:
            raise OSError("the journal could not be begun")
        if entry.stream == "tap":
            entry = msgspec.structs.replace(entry, tap=self._taps + 1)
        record = encoded(entry)
        digest = next_hash(last.hash, record)
        line = line_of(digest, record)
        growing.append(line)
        self._size += len(line)
        self._taps += entry.stream == "tap"
        n = present.entries + 1
        self._last = Link(present.journal, n, digest)
        self._present = Found(present.path, present.journal, n, entry.utc_ms)
        written = Written(present.journal, n, digest, entry)
        self.last = written
        if entry.stream is not None:
            self.waiting.append(written)
        return written

    def _begin(self) -> None:
        journal, last = self._draw_id(), self._last
        head = Head(journal=journal)
        if last is not None:
            head = Head(
                journal=journal,
                after_journal=last.journal,
                after_entry=last.entry,
                after_hash=last.hash.hex(),
            )
        record = encoded(head)
        digest = next_hash(last.hash if last else NO_HASH, record)
        path = self.directory / f"{self._ordinal:08d}-{journal}{SUFFIX}"
        line = line_of(digest, record)
        self._ordinal += 1
        self._growing = self._files.create(path, line)
        self._size = len(line)
        self._taps = 0
        self._last = Link(journal, 0, digest)
        self._present = Found(path, journal, 0, 0)

    def _removed(self, path: Path) -> bool:
        try:
            self._files.remove(path)
        except OSError as error:
            _log.warning("journal=not_pruned path=%s why=%s", path, error.strerror)
            return False
        return True

"""The way of a reading onto the disk: batched, bounded, and survived where the disk fails.

Nothing here raises StorageFailed: a full disk keeps readings in memory for a while, the newest
urgent ones longest, then counts them as never numbered; a broken file is opened anew.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from contract.clock import Clock
from contract.streams import STREAMS
from edge.link.books import Book, Loss
from edge.link.database import Connect
from edge.link.dating import Present
from edge.link.errors import StorageFailed
from edge.link.identity import machine_of
from edge.link.outbox import BY_NUMBER, Outbox
from edge.link.retention import CHUNK, make_room, remove_stored, trim
from edge.link.rows import NewRow
from edge.link.salvage import open_outbox, rescue
from edge.link.settings import LinkSettings
from edge.link.trouble import Trouble

logger = logging.getLogger(__name__)

MAX_BATCH = 500
"""Readings that are written without waiting for the batch to be due."""
MAX_HELD_BACK = 64
"""Readings kept in memory while the disk takes nothing."""
SAVE_EVERY_S = 60.0
TRIM_EVERY_S = 3_600.0
URGENT = {stream.number for stream in STREAMS if stream.urgent}
DAY_MS = 86_400_000


class Writer:
    """Owns the outbox file."""

    def __init__(
        self,
        settings: LinkSettings,
        serial: str,
        boot: str,
        clock: Clock,
        connect: Connect,
        on_reopened: Callable[[Outbox], None],
    ) -> None:
        """Raises StorageFailed where the outbox cannot be opened at all."""
        self._settings = settings
        self._serial = serial
        self._boot = boot
        self._clock = clock
        self._connect = connect
        self._on_reopened = on_reopened
        self.outbox = open_outbox(settings.outbox_path, serial, boot, connect)
        self.pending: list[NewRow] = []
        self.dropped: Counter[str] = Counter()
        self.never_numbered = 0
        self._trouble = Trouble(logger)
        self._broken = False
        self._saved_s = clock.monotonic_s()
        self._trimmed_s = float("-inf")

    def put(self, row: NewRow) -> None:
        """Take a reading; an urgent one is on the disk on return."""
        self.pending.append(row)
        if row.stream in URGENT or len(self.pending) >= MAX_BATCH:
            self.flush()

    def flush(
        self,
        unsaved: Iterable[Book] = (),
        reported: Iterable[tuple[Book, tuple[Loss, ...]]] = (),
    ) -> bool:
        """Write what is pending; `unsaved` goes along when it is due. True where all is written."""
        if self._broken:
            self._reopen()
        if not self.pending:
            return True
        rows, reported = list(self.pending), list(reported)
        for last_try in (False, True):
            try:
                self.outbox.append(rows, save=unsaved, reported=reported)
            except StorageFailed as failure:
                if self._written_all_the_same(rows):
                    break
                if last_try or failure.fault != "full" or not self._gain_room():
                    self._failed(failure)
                    return False
            else:
                break
        # What was put meanwhile, by whoever heard of it, is the next batch.
        del self.pending[: len(rows)]
        self._trouble.healed(
            f"outbox {self.outbox.path} can be written again;"
            f" {self.never_numbered} readings were never numbered"
        )
        self._keep_bound()
        return True

    def due_to_save(self) -> bool:
        """Whether confirmations should go along with the next batch."""
        now_s = self._clock.monotonic_s()
        if now_s - self._saved_s < SAVE_EVERY_S:
            return False
        self._saved_s = now_s
        return True

    def trim_if_due(self) -> None:
        """Once an hour, delete stored rows that are past their time."""
        now_s = self._clock.monotonic_s()
        if now_s - self._trimmed_s < TRIM_EVERY_S:
            return
        self._trimmed_s = now_s
        try:
            trim(
                self.outbox,
                self._present(),
                self._settings.confirmed_max_bytes,
                int(self._settings.confirmed_max_days * DAY_MS),
            )
        except StorageFailed as failure:
            self._failed(failure)

    def storage_failed(self, failure: StorageFailed) -> None:
        """Somebody else met a failure of the file."""
        self._failed(failure)

    def close(self) -> None:
        """Write what can be written and close."""
        self.flush()
        with suppress(StorageFailed):
            self.outbox.close()

    def _written_all_the_same(self, rows: list[NewRow]) -> bool:
        """A commit may have taken place although its answer was an error."""
        counts = Counter(row.stream for row in rows)
        with suppress(StorageFailed):
            return self.outbox.was_written(dict(counts))
        return False

    def _gain_room(self) -> bool:
        """Give stored rows' pages to new ones: on a full disk the file cannot grow."""
        with suppress(StorageFailed):
            self.outbox.database.run("PRAGMA wal_checkpoint(RESTART)")
            return remove_stored(self.outbox, CHUNK, self._present()) > 0
        return False

    def _keep_bound(self) -> None:
        try:
            dropped = make_room(self.outbox, self._settings.outbox_max_bytes, self._present())
        except StorageFailed as failure:
            self._failed(failure)
            return
        if dropped and not self.dropped:
            logger.error(
                "outbox %s has reached its bound of %d bytes: the least needed messages are"
                " dropped and reported; reconnect the unit or raise max_mb",
                self.outbox.path,
                self._settings.outbox_max_bytes,
            )
        self.dropped.update(dropped)

    def _failed(self, failure: StorageFailed) -> None:
        if not self._broken:
            self._trouble.broke(str(failure))
        self._hold_back()
        if failure.fault != "full":
            with suppress(StorageFailed):
                self.outbox.database.close()
            self._broken = True
            self._reopen(open_outbox if failure.fault != "corrupt" else rescue)

    def _reopen(self, how: Callable[..., Outbox] = open_outbox) -> None:
        """Open the file anew, or leave it for the next batch to try."""
        path = self._settings.outbox_path
        with suppress(StorageFailed):
            self.outbox = how(path, self._serial, self._boot, self._connect)
            self._broken = False
            self._on_reopened(self.outbox)

    def _hold_back(self) -> None:
        """Keep the urgent and the newest in memory, in their order."""
        excess = len(self.pending) - MAX_HELD_BACK
        if excess <= 0:
            return
        oldest_first = sorted(
            range(len(self.pending)),
            key=lambda i: (-BY_NUMBER[self.pending[i].stream].lane, i),
        )
        gone = set(oldest_first[:excess])
        self.never_numbered += excess
        self.pending = [row for i, row in enumerate(self.pending) if i not in gone]

    def _present(self) -> Present:
        return Present(machine_of(self._boot), self._clock.boot_ms(), self._clock.now_ms())

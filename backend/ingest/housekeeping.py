"""What the ingest does now and then: look at gaps, write marks, forget what has expired."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from backend.devices.alarms import prune_alarms
from backend.devices.distress import check_silence, check_steps
from backend.devices.distress_rows import prune_distress
from backend.devices.ladder import LadderRules
from backend.devices.sessions import prune_runs
from backend.ingest.entries import prune_entries
from backend.ingest.errors import records_away
from backend.ingest.marks import Finding, Marks
from backend.ingest.quarantine import prune_quarantined
from backend.ingest.receipts import DAY_MS, HOLDERS_KEPT_MS, prune_receipts
from backend.ingest.watching import check_gaps, clear_identity
from backend.live.snapshot import prune_latest
from backend.records.transaction import writing

QUARANTINE_KEPT_MS = 62 * DAY_MS
"""A refused message may hold a position, which is kept no longer than that anywhere."""
RUNS_KEPT_MS = 30 * DAY_MS
ALARMS_KEPT_MS = 366 * DAY_MS
MARK_EVERY_MS = 45_000
"""Of several workers one writes the mark; less than the time between two looks."""

SAID = {
    "telemetry_replaced": "telemetry_replaced: the time-series store lacks a mark we had written, "
    "so it was replaced or restored; every unit sends again what it holds",
    "records_restored": "records_restored: the time-series store has a mark we do not know of, "
    "so our records were restored from a backup; every unit sends again what it holds",
}

T = TypeVar("T")


class Housekeeping:
    """Blocking; the ingest's worker thread calls it. Everything raises StoreAway."""

    def __init__(self, records: Engine, marks: Marks, ladder: LadderRules) -> None:
        self._records = records
        self._marks = marks
        self._ladder = ladder

    def prepare(self) -> None:
        """Draw the first epoch of a new records store."""
        _or_away(self._marks.prepare)

    def mark(self, now_ms: int, real_ms: int) -> Finding | None:
        """Compare the stores and write the next mark."""

        def work() -> Finding | None:
            finding = self._marks.check()
            changed = finding not in {None, "sound"}
            self._marks.write(now_ms, real_ms, every_ms=0 if changed else MARK_EVERY_MS)
            return finding

        return _or_away(work)

    def check(self, now_ms: int, real_ms: int) -> list[str]:
        """Look at silence, unanswered alarms, gaps and conflicts; lines for the log."""

        def work() -> list[str]:
            with writing(self._records) as connection:
                return [
                    *check_silence(connection, now_ms),
                    *check_steps(connection, now_ms, self._ladder),
                    *check_gaps(connection, now_ms, real_ms),
                    *clear_identity(connection, now_ms),
                ]

        return _or_away(work)

    def prune(self, now_ms: int) -> None:
        """Forget what has expired."""

        def work() -> None:
            with writing(self._records) as connection:
                prune_latest(connection, now_ms)
                prune_receipts(connection, now_ms)
                prune_entries(connection, now_ms - HOLDERS_KEPT_MS)
                prune_quarantined(connection, now_ms - QUARANTINE_KEPT_MS)
                prune_runs(connection, now_ms - RUNS_KEPT_MS)
                prune_alarms(connection, now_ms - ALARMS_KEPT_MS)
                prune_distress(connection, now_ms - ALARMS_KEPT_MS)

        _or_away(work)


def _or_away(work: Callable[[], T]) -> T:
    try:
        return work()
    except (OperationalError, InterfaceError) as error:
        raise records_away(error) from error

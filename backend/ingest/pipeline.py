"""A batch from bytes to commit, in one worker thread; what follows it is the service's.

Order is everything here: rows first, then the ledger, and only after both may anybody be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from backend.ingest.commit import LedgerChanged, Moment, commit_batch
from backend.ingest.confirmations import Confirmation, confirm, present_outboxes
from backend.ingest.decide import Verdict, decide, rows_of, undated
from backend.ingest.entries import unknown_alone
from backend.ingest.errors import StoreAway, records_away
from backend.ingest.ledger import entry_of, newest_receipt_ms, read_entries
from backend.ingest.outcome import Outcome, Spoken
from backend.ingest.receipts import remember_receipts
from backend.ingest.routes import Routes
from backend.ingest.sorting import Sorted, sort
from backend.mqtt.packets import Message
from backend.records.transaction import reading, writing
from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.model import TelemetryStore
from contract.crash_points import STORED_NOT_ACKNOWLEDGED, reach

TELEMETRY = "the time-series store"


class Pipeline:
    """Blocking; one thread calls it."""

    def __init__(
        self, telemetry: TelemetryStore, records: Engine, routes: Routes, random: Random
    ) -> None:
        self._telemetry = telemetry
        self._records = records
        self._routes = routes
        self._random = random

    def process(self, messages: Sequence[Message], moment: Moment) -> Outcome:
        """Store a batch. On return everything in it is durable.

        Raises StoreAway: then some of it may be stored, none of it counts, and doing it again
        is harmless.
        """
        batch = sort(messages, self._routes)
        with _records_or_away():
            while True:
                try:
                    verdicts = self._store(batch, moment.received_ms)
                    with writing(self._records) as connection:
                        outcome = commit_batch(connection, batch, verdicts, moment, self._random)
                except LedgerChanged:
                    continue
                except TelemetryUnavailable as error:
                    raise StoreAway(TELEMETRY, str(error)) from error
                reach(STORED_NOT_ACKNOWLEDGED)
                return outcome

    def confirmations(self, spoken: Iterable[Spoken] | None, issued_ms: int) -> list[Confirmation]:
        """Confirmations of these outboxes, or of every known unit. Raises StoreAway."""
        with _records_or_away(), reading(self._records) as connection:
            wanted = present_outboxes(connection) if spoken is None else spoken
            return confirm(connection, wanted, issued_ms)

    def as_of_ms(self) -> int | None:
        """When the newest message of the ledger was received. Raises StoreAway."""
        with _records_or_away(), reading(self._records) as connection:
            return newest_receipt_ms(connection)

    def _store(self, batch: Sorted, received_ms: int) -> list[Verdict]:
        lots = batch.lots()
        with reading(self._records) as connection:
            entries = read_entries(connection, [lot.key for lot in lots], lock=False)
            verdicts = [decide(lot, entry_of(entries, lot.key), received_ms) for lot in lots]
            telling = unknown_alone(connection, verdicts)
        receipts = {}
        if any(undated(verdict) for verdict in verdicts):
            # Committed before the rows, so that a redelivery of them gets the same time.
            with writing(self._records) as connection:
                receipts = remember_receipts(connection, verdicts, received_ms)
        rows = [row for verdict in telling for row in rows_of(verdict, receipts)]
        if rows:
            self._telemetry.write(rows)
        return verdicts


@contextmanager
def _records_or_away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise records_away(error) from error

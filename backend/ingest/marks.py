"""Marks: small points in the time-series store by which a replaced or restored store is known.

A mark is announced in the records, written to the time-series store, and then noted as written.
So the store may be one mark ahead of what is noted, never of what is announced.
"""

from __future__ import annotations

from random import Random
from typing import Literal

from sqlalchemy import Engine

from backend.ingest.facts import (
    MARK_INTENDED,
    MARK_TURN,
    MARK_WRITTEN,
    draw_epoch,
    ensure_epoch,
    read_epoch,
    read_number,
    write_number,
)
from backend.records.transaction import reading, writing
from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.model import TelemetryStore

Finding = Literal["sound", "first", "telemetry_replaced", "records_restored"]


def judge_mark(last: tuple[int, str] | None, epoch: str, written: int, intended: int) -> Finding:
    """What the last mark of the store says, beside what the records know.

    Args:
        last: number and epoch of the store's last mark.
        epoch: of the records.
        written: the number noted as written.
        intended: the number announced.
    """
    if last is None:
        return "telemetry_replaced" if written else "first"
    number, its_epoch = last
    if number > intended:
        # Records that never wrote a mark are new: they have drawn their epoch just now.
        return "records_restored" if written or its_epoch == epoch else "first"
    if number < written or (its_epoch != epoch and written):
        return "telemetry_replaced"
    return "sound"


class Marks:
    """Blocking; the ingest's worker thread calls it."""

    def __init__(self, telemetry: TelemetryStore, records: Engine, random: Random) -> None:
        self._telemetry = telemetry
        self._records = records
        self._random = random

    def prepare(self) -> str:
        """The ledger's epoch, drawn where the records store is new."""
        with writing(self._records) as connection:
            return ensure_epoch(connection, self._random)

    def check(self) -> Finding | None:
        """Compare, and draw a new epoch where a store was replaced or restored.

        None where the time-series store cannot be asked now, or still has rows to take.
        """
        # What is noted is read before the store is asked and what is announced after, so that
        # a mark another worker writes meanwhile looks like neither.
        with reading(self._records) as connection:
            epoch = read_epoch(connection)
            written = read_number(connection, MARK_WRITTEN)
        try:
            if self._telemetry.spooled():
                return None
            last = self._telemetry.last_mark()
        except TelemetryUnavailable:
            return None
        with writing(self._records) as connection:
            intended = read_number(connection, MARK_INTENDED)
            if read_epoch(connection) != epoch:
                return None
            finding = judge_mark(last, epoch, written, intended)
            if finding in {"telemetry_replaced", "records_restored"}:
                replaced = finding == "telemetry_replaced"
                draw_epoch(connection, self._random, empty_ledger=replaced)
                write_number(connection, MARK_WRITTEN, 0)
            if last is not None and last[0] > intended:
                write_number(connection, MARK_INTENDED, last[0])
        return finding

    def write(self, now_ms: int, real_ms: int, *, every_ms: int = 0) -> bool:
        """Write the next mark, unless any worker did within `every_ms`; False if it failed."""
        with writing(self._records) as connection:
            if real_ms - read_number(connection, MARK_TURN) < every_ms:
                return True
            number = read_number(connection, MARK_INTENDED) + 1
            epoch = read_epoch(connection)
            write_number(connection, MARK_TURN, real_ms)
            write_number(connection, MARK_INTENDED, number)
        try:
            self._telemetry.mark(number, epoch, now_ms)
        except TelemetryUnavailable:
            return False
        with writing(self._records) as connection:
            write_number(connection, MARK_WRITTEN, number)
        return True

"""What must be remembered per message: receipt times without a clock, and holders of taps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from backend.devices.model import StreamKey
from backend.ingest.decide import Verdict, undated
from backend.records.statements import execute_many, query
from backend.records.text import printable
from contract.uplink import Tap

DAY_MS = 86_400_000
KEPT_MS = 30 * DAY_MS
"""Units hold confirmed messages for 7 days at most, so nothing comes again after that."""
HOLDERS_KEPT_MS = 93 * DAY_MS
"""The retention of taps."""

_PUT = """
INSERT INTO receipt (unit, outbox, stream, seq, received_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, stream, seq) DO NOTHING
"""
_GET = "SELECT received_ms FROM receipt WHERE unit = ? AND outbox = ? AND stream = ? AND seq = ?"
_PUT_HOLDER = """
INSERT INTO tap_holder (unit, outbox, seq, pseudonym, observed_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, seq) DO NOTHING
"""


def remember_receipts(
    connection: Connection, verdicts: Iterable[Verdict], received_ms: int
) -> dict[tuple[StreamKey, int], int]:
    """When each undated fresh message was first received: now, unless it came before."""
    keys = [(verdict.lot.key, seq) for verdict in verdicts for seq in undated(verdict)]
    execute_many(connection, _PUT, [(*key, seq, received_ms) for key, seq in keys])
    return {(key, seq): int(query(connection, _GET, (*key, seq))[0][0]) for key, seq in keys}


def put_holders(connection: Connection, verdicts: Sequence[Verdict]) -> None:
    """Who held the co-pass of each fresh tap."""
    rows = [
        (verdict.lot.key.unit, tap.outbox, tap.seq, printable(tap.pseudonym, 64), tap.observed_ms)
        for verdict in verdicts
        if verdict.lot.key.stream == "tap"
        for tap in verdict.messages
        if isinstance(tap, Tap)
    ]
    execute_many(connection, _PUT_HOLDER, rows)


def prune_receipts(connection: Connection, now_ms: int) -> None:
    """Forget what nobody can need any more or nobody may know any longer."""
    execute_many(connection, "DELETE FROM receipt WHERE received_ms < ?", [(now_ms - KEPT_MS,)])
    execute_many(
        connection, "DELETE FROM tap_holder WHERE observed_ms < ?", [(now_ms - HOLDERS_KEPT_MS,)]
    )

"""What becomes of each message of a lot: fresh or duplicate, live or not, and its row.

Rules of this file: pure. One pass per lot, not per message, wherever the lot is ordinary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Raw
from msgspec.structs import replace

from backend.devices.model import StreamKey
from backend.ingest.entry import Entry, fresh_indexes
from backend.ingest.sorting import Lot
from backend.telemetry.model import Row
from contract.backend import Accepted
from contract.uplink import Envelope, Tap

AHEAD_MS = 120_000
"""A message from further in the future than this is a wrong clock, not a fast one."""
BY_JOURNAL = "0" * 16
"""Stands for the outbox in rows whose identity is a journal entry; an id of each journal would
be one more series in the store at each start of a reader."""
_NS_A_MS = 1_000_000

Receipts = Mapping[tuple[StreamKey, int], int]
"""When a message without a trusted clock was first received, by its key and number."""


class Verdict(NamedTuple):
    """A lot, judged. The lists are of its fresh messages, in order of arrival."""

    lot: Lot
    entry: Entry
    """The ledger's entry on which the judgement stands."""
    numbers: list[int]
    messages: list[Envelope]
    payloads: list[bytes]
    duplicates: int
    live: list[bool] | None
    """None where all may become the present state."""
    ahead_ms: int
    """How far the furthest is from the future; 0 where none is."""
    newest: int
    """Index of the newest that may be live; -1 where none may."""


def decide(lot: Lot, entry: Entry, received_ms: int) -> Verdict:
    """Judge a lot against the ledger."""
    messages, payloads = lot.messages, lot.payloads
    numbers = [message.seq for message in messages]
    fresh = fresh_indexes(entry, numbers)
    duplicates = 0
    if fresh is not None:
        duplicates = len(messages) - len(fresh)
        messages = [messages[i] for i in fresh]
        payloads = [payloads[i] for i in fresh]
        numbers = [numbers[i] for i in fresh]
    if not messages:
        return Verdict(lot, entry, numbers, messages, payloads, duplicates, None, 0, -1)
    observed = [message.observed_ms for message in messages]
    latest_ms = max(observed)
    limit_ms = received_ms + AHEAD_MS
    if latest_ms <= limit_ms and "unset" not in {message.clock for message in messages}:
        newest = observed.index(latest_ms)
        return Verdict(lot, entry, numbers, messages, payloads, duplicates, None, 0, newest)
    trusted = [message.clock != "unset" for message in messages]
    live = [known and at <= limit_ms for known, at in zip(trusted, observed, strict=True)]
    candidates = [at if may else -1 for at, may in zip(observed, live, strict=True)]
    ahead = [at for at, known in zip(observed, trusted, strict=True) if known and at > limit_ms]
    newest = candidates.index(max(candidates)) if any(live) else -1
    ahead_ms = max(ahead) - received_ms if ahead else 0
    return Verdict(lot, entry, numbers, messages, payloads, duplicates, live, ahead_ms, newest)


def undated(verdict: Verdict) -> list[int]:
    """Numbers of the fresh messages that no trusted clock has dated."""
    if verdict.live is None:
        return []
    return [message.seq for message in verdict.messages if message.clock == "unset"]


def rows_of(verdict: Verdict, receipts: Receipts) -> list[Row]:
    """The rows of the fresh messages. A tap's holder stays out of the time series."""
    route = verdict.lot.route
    kind, name, stream, database = route.kind, route.name, route.stream, route.database
    messages = verdict.messages
    if stream == "tap":
        return _tap_rows(verdict, receipts)
    if verdict.live is None:
        return [
            Row(kind, name, stream, database, m.observed_ms * _NS_A_MS + m.seq % _NS_A_MS, m)
            for m in messages
        ]
    key = verdict.lot.key
    rows = []
    for message in messages:
        at_ms = message.observed_ms
        if message.clock == "unset":
            at_ms = receipts[key, message.seq]
        time_ns = at_ms * _NS_A_MS + message.seq % _NS_A_MS
        rows.append(Row(kind, name, stream, database, time_ns, message))
    return rows


def _tap_rows(verdict: Verdict, receipts: Receipts) -> list[Row]:
    route = verdict.lot.route
    rows = []
    for message in verdict.messages:
        shown = _shown(message)
        at_ms = message.observed_ms
        if message.clock == "unset":
            at_ms = receipts[verdict.lot.key, message.seq]
        time_ns = at_ms * _NS_A_MS + shown.seq % _NS_A_MS
        rows.append(Row(route.kind, route.name, route.stream, route.database, time_ns, shown))
    return rows


def _shown(message: Envelope) -> Envelope:
    """The tap without its holder, under the number of its journal entry.

    The same entry then makes the same point, whatever outbox brings it: also where two workers
    write it at once.
    """
    if not isinstance(message, Tap):
        return message
    if message.journal is None or message.entry is None:
        return replace(message, pseudonym="")
    return replace(message, pseudonym="", outbox=BY_JOURNAL, seq=message.entry)


def accepted_of(verdict: Verdict, received_ms: int) -> list[Accepted]:
    """What other services hear of the fresh messages."""
    route = verdict.lot.route
    kind, name, stream = route.kind, route.name, route.stream
    live = verdict.live or [True] * len(verdict.payloads)
    return [
        Accepted(
            kind=kind,
            unit=name,
            stream=stream,
            received_ms=received_ms,
            live=may,
            message=Raw(payload),
        )
        for payload, may in zip(verdict.payloads, live, strict=True)
    ]

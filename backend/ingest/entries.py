"""Journal entries of co-pass readers: each has its effects once, whatever outbox brought it.

A device whose outbox file was lost hands its journal over again under new numbers. Those numbers
are settled like any others, and their entries, known already, count as duplicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from backend.devices.alarms import raise_alarm
from backend.devices.model import JOURNAL_BROKEN, DeviceAlarm
from backend.ingest.decide import Verdict
from backend.records.statements import Values, execute_many, query
from contract.codec import decode_uplink, encode
from contract.uplink import Tap

_PUT = """
INSERT INTO tap_entry (unit, journal, entry, outbox, seq, received_ms, message, taken)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (unit, journal, entry) DO NOTHING RETURNING entry
"""
_KNOWN = "SELECT message FROM tap_entry WHERE unit = ? AND journal = ? AND entry = ?"
_FLOOR = "SELECT below FROM journal_floor WHERE unit = ? AND journal = ?"
_RAISE_FLOOR = """
INSERT INTO journal_floor (unit, journal, below)
SELECT unit, journal, MAX(entry) + 1 FROM tap_entry WHERE received_ms < ? AND taken
GROUP BY unit, journal
ON CONFLICT (unit, journal) DO UPDATE SET below = excluded.below
WHERE excluded.below > journal_floor.below
"""
_PRUNE = "DELETE FROM tap_entry WHERE received_ms < ? AND taken"


class Settled(NamedTuple):
    """Verdicts without what was known already, and how many of each that were."""

    verdicts: list[Verdict]
    repeated: list[int]
    notices: list[str]


def unknown_alone(connection: Connection, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts with the messages whose entries are not known yet: only they make rows."""
    seen: set[Values] = set()
    return [
        _kept(verdict, [_is_new(connection, verdict, tap, seen) for tap in verdict.messages])
        if verdict.lot.key.stream == "tap"
        else verdict
        for verdict in verdicts
    ]


def settle_entries(
    connection: Connection, verdicts: Sequence[Verdict], received_ms: int
) -> Settled:
    """Write each entry down; what stands there already, also from another worker, is left out."""
    settled = Settled([], [], [])
    for verdict in verdicts:
        kept = verdict
        if verdict.lot.key.stream == "tap" and verdict.messages:
            unit = verdict.lot.key.unit
            fresh = [_put(connection, unit, tap, received_ms) for tap in verdict.messages]
            for tap, is_fresh in zip(verdict.messages, fresh, strict=True):
                if not is_fresh and isinstance(tap, Tap):
                    settled.notices.extend(_compare(connection, unit, tap, received_ms))
            kept = _kept(verdict, fresh)
        settled.verdicts.append(kept)
        settled.repeated.append(kept.duplicates - verdict.duplicates)
    return settled


def prune_entries(connection: Connection, before_ms: int) -> None:
    """Forget entries whose taps have expired, and remember that they were."""
    execute_many(connection, _RAISE_FLOOR, [(before_ms,)])
    execute_many(connection, _PRUNE, [(before_ms,)])


def _key(unit: str, tap: object) -> Values | None:
    if not isinstance(tap, Tap) or tap.journal is None or tap.entry is None:
        return None
    return (unit, tap.journal, tap.entry)


def _is_new(connection: Connection, verdict: Verdict, tap: object, seen: set[Values]) -> bool:
    key = _key(verdict.lot.key.unit, tap)
    if key is None:
        return True
    if key in seen or _is_below_floor(connection, key) or query(connection, _KNOWN, key):
        return False
    seen.add(key)
    return True


def _is_below_floor(connection: Connection, key: Values) -> bool:
    floor = query(connection, _FLOOR, key[:2])
    return bool(floor) and key[2] < floor[0][0]


def _put(connection: Connection, unit: str, tap: object, received_ms: int) -> bool:
    """True where the entry is new, or has no identity beyond its message's."""
    key = _key(unit, tap)
    if key is None or not isinstance(tap, Tap):
        return True
    if _is_below_floor(connection, key):
        return False
    message = encode(replace(tap, pseudonym=""))
    values = (*key, tap.outbox, tap.seq, received_ms, message, False)
    return bool(query(connection, _PUT, values))


def _compare(connection: Connection, unit: str, tap: Tap, received_ms: int) -> list[str]:
    """An entry that comes again must have the same chain; else the journal was rewritten."""
    rows = query(connection, _KNOWN, (unit, tap.journal, tap.entry))
    known = decode_uplink("tap", bytes(rows[0][0])) if rows else None
    if not isinstance(known, Tap) or known.chain == tap.chain:
        return []
    detail = f"entry {tap.entry} came again with another chain: the journal was rewritten"
    alarm = DeviceAlarm(unit, JOURNAL_BROKEN, str(tap.journal), detail, received_ms, received_ms)
    if not raise_alarm(connection, alarm):
        return []
    return [f"{JOURNAL_BROKEN} unit={unit} journal={tap.journal}: {detail}"]


def _kept(verdict: Verdict, fresh: Sequence[bool]) -> Verdict:
    if all(fresh):
        return verdict
    indexes = [index for index, is_fresh in enumerate(fresh) if is_fresh]
    messages = [verdict.messages[i] for i in indexes]
    live = None if verdict.live is None else [verdict.live[i] for i in indexes]
    observed = [
        message.observed_ms if live is None or live[at] else -1
        for at, message in enumerate(messages)
    ]
    newest = observed.index(max(observed)) if observed and max(observed) >= 0 else -1
    return verdict._replace(
        numbers=[verdict.numbers[i] for i in indexes],
        messages=messages,
        payloads=[verdict.payloads[i] for i in indexes],
        duplicates=verdict.duplicates + len(fresh) - len(indexes),
        live=live,
        newest=newest,
    )

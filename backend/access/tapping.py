"""Taps that the ingest has written down: their effects on presence and the journals, once each.

An entry is marked as taken in the transaction that has its effects, so that neither a death nor
a second dispatcher doubles or loses one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from backend.access.card_records import card_of_pseudonym
from backend.access.journals import JournalState, state_after
from backend.access.presence_rules import Present, presence_after
from backend.records.statements import execute_many, query
from contract.codec import decode_uplink
from contract.uplink import Tap

AT_ONCE = 200

_UNTAKEN = f"""
SELECT e.unit, e.journal, e.entry, e.message, h.pseudonym FROM tap_entry AS e
LEFT JOIN tap_holder AS h ON h.unit = e.unit AND h.outbox = e.outbox AND h.seq = e.seq
WHERE NOT e.taken ORDER BY e.unit, e.journal, e.entry LIMIT {AT_ONCE}
"""  # noqa: S608 - a number of ours
_TAKE = "UPDATE tap_entry SET taken = ? WHERE unit = ? AND journal = ? AND entry = ?"
_PRESENT = "SELECT present, since_ms, observed_ms FROM presence WHERE unit = ? AND handle = ?"
_PUT_PRESENT = """
INSERT INTO presence (unit, handle, present, since_ms, observed_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, handle) DO UPDATE SET present = excluded.present,
  since_ms = excluded.since_ms, observed_ms = excluded.observed_ms
"""
_STATE = """
SELECT contiguous, chain, highest, missing_since_ms FROM journal_state
WHERE unit = ? AND journal = ?
"""
_PUT_STATE = """
INSERT INTO journal_state (unit, journal, contiguous, chain, highest, missing_since_ms)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, journal) DO UPDATE SET contiguous = excluded.contiguous,
  chain = excluded.chain, highest = excluded.highest,
  missing_since_ms = excluded.missing_since_ms
"""
_ABOVE = """
SELECT entry, message FROM tap_entry WHERE unit = ? AND journal = ? AND entry > ? ORDER BY entry
"""
_IN = "SELECT handle, since_ms FROM presence WHERE unit = ? AND present ORDER BY since_ms, handle"


class Taken(NamedTuple):
    """One entry as it lies in the records."""

    unit: str
    journal: str
    entry: int
    tap: Tap
    pseudonym: str | None


def take_taps(connection: Connection, now_ms: int) -> int:
    """Give up to AT_ONCE waiting taps their effects; how many there were."""
    waiting = [_taken(row) for row in query(connection, _UNTAKEN)]
    for one in waiting:
        _move(connection, one)
    journals = defaultdict(list)
    for one in waiting:
        journals[one.unit, one.journal].append(one.entry)
    for unit, journal in journals:
        _follow(connection, unit, journal, now_ms)
    execute_many(connection, _TAKE, [(True, one.unit, one.journal, one.entry) for one in waiting])
    return len(waiting)


def who_is_in(connection: Connection, unit: str) -> list[tuple[str, int]]:
    """Handles and since when, longest first: cards, or pseudonyms of cards unknown here."""
    return [(str(handle), int(since_ms)) for handle, since_ms in query(connection, _IN, (unit,))]


def _taken(row: tuple[object, ...]) -> Taken:
    unit, journal, entry, message, pseudonym = row
    tap = decode_uplink("tap", bytes(message))  # type: ignore[call-overload]  # a typed column
    assert isinstance(tap, Tap)  # noqa: S101 - the ingest stores nothing else
    name = str(pseudonym) if pseudonym else None
    return Taken(str(unit), str(journal), int(str(entry)), tap, name)


def _move(connection: Connection, one: Taken) -> None:
    if one.pseudonym is None:
        return
    handle = card_of_pseudonym(connection, one.pseudonym) or one.pseudonym
    rows = query(connection, _PRESENT, (one.unit, handle))
    known = Present(bool(rows[0][0]), rows[0][1], rows[0][2]) if rows else None
    now = presence_after(known, one.tap)
    if now is not None and now != known:
        values = (one.unit, handle, now.is_in, now.since_ms, now.observed_ms)
        execute_many(connection, _PUT_PRESENT, [values])


def _follow(connection: Connection, unit: str, journal: str, now_ms: int) -> None:
    rows = query(connection, _STATE, (unit, journal))
    state = JournalState(*rows[0]) if rows else JournalState()
    above = query(connection, _ABOVE, (unit, journal, state.contiguous))
    after = state_after(state, _chains(above), now_ms)
    values = (after.contiguous, after.chain, after.highest, after.missing_since_ms)
    execute_many(connection, _PUT_STATE, [(unit, journal, *values)])


def _chains(rows: Iterable[tuple[object, ...]]) -> Iterable[tuple[int, str]]:
    for entry, message in rows:
        tap = decode_uplink("tap", bytes(message))  # type: ignore[call-overload]  # a typed column
        yield int(str(entry)), (tap.chain or "") if isinstance(tap, Tap) else ""

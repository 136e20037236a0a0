"""The ledger in the records store: read and merged inside the transaction of each batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from backend.devices.model import StreamKey
from backend.ingest.entry import EMPTY, Entry
from backend.records.statements import execute_many, query

Line = tuple[str, str, str, int, str, str, str, int, int, int, int]

_SELECT = """
SELECT l.unit, l.outbox, l.stream, l.contiguous, l.above, l.refused, l.boot, l.boot_highest,
  l.stored, l.duplicates
FROM
"""
_OF_KEYS = (
    _SELECT
    + """ json_each(?) AS k CROSS JOIN ledger AS l
WHERE l.unit = json_extract(k.value, '$[0]') AND l.outbox = json_extract(k.value, '$[1]')
  AND l.stream = json_extract(k.value, '$[2]')
"""
)
_OF_KEYS_POSTGRESQL = (
    _SELECT
    + """ ledger AS l JOIN json_array_elements(CAST(? AS json)) AS k
  ON l.unit = k->>0 AND l.outbox = k->>1 AND l.stream = k->>2
"""
)
_LOCKED = " ORDER BY l.unit, l.outbox, l.stream FOR UPDATE OF l"
_OF_OUTBOX = _SELECT + " ledger AS l WHERE l.unit = ? AND l.outbox = ?"
_OF_ALL = _SELECT + " ledger AS l ORDER BY l.unit, l.outbox, l.stream"
_RESERVE = """
INSERT INTO ledger (unit, outbox, stream, contiguous, above, refused, boot, boot_highest, stored,
  duplicates, updated_ms)
VALUES (?, ?, ?, 0, '[]', '[]', '', 0, 0, 0, 0) ON CONFLICT (unit, outbox, stream) DO NOTHING
"""
_PUT = """
INSERT INTO ledger (unit, outbox, stream, contiguous, above, refused, boot, boot_highest, stored,
  duplicates, updated_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, stream) DO UPDATE SET contiguous = excluded.contiguous,
  above = excluded.above, refused = excluded.refused, boot = excluded.boot,
  boot_highest = excluded.boot_highest, stored = excluded.stored,
  duplicates = excluded.duplicates, updated_ms = excluded.updated_ms
"""
_PUT_BOOT = """
INSERT INTO ledger_boot (unit, outbox, stream, boot, highest) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit, outbox, stream, boot) DO UPDATE SET highest = excluded.highest
WHERE excluded.highest > ledger_boot.highest
"""
_BOOTS = "SELECT stream, boot, highest FROM ledger_boot WHERE unit = ? AND outbox = ?"

Entries = dict[StreamKey, Entry]


def read_entries(connection: Connection, keys: Sequence[StreamKey], *, lock: bool) -> Entries:
    """Entries of those keys that have one; with `lock`, for keeps until the commit.

    SQLite's writer is alone in any case. PostgreSQL locks the rows, so a row must be there to
    be locked: two workers must not both find nothing and both start at nothing.
    """
    if not keys:
        return {}
    wanted = msgspec.json.encode(keys).decode()
    if connection.dialect.name != "postgresql":
        return _entries(query(connection, _OF_KEYS, (wanted,)))
    if not lock:
        return _entries(query(connection, _OF_KEYS_POSTGRESQL, (wanted,)))
    execute_many(connection, _RESERVE, keys)
    return _entries(query(connection, _OF_KEYS_POSTGRESQL + _LOCKED, (wanted,)))


def read_outbox(connection: Connection, unit: str, outbox: str) -> dict[str, Entry]:
    """Entries of an outbox by stream."""
    entries = _entries(query(connection, _OF_OUTBOX, (unit, outbox)))
    return {key.stream: entry for key, entry in entries.items()}


def read_ledger(connection: Connection) -> Entries:
    """All of it."""
    return _entries(query(connection, _OF_ALL))


def newest_receipt_ms(connection: Connection) -> int | None:
    """When the newest message of all was received; None in an empty ledger."""
    newest = query(connection, "SELECT MAX(updated_ms) FROM ledger")[0][0]
    return None if newest is None else int(newest)


def read_boots(connection: Connection, unit: str, outbox: str) -> dict[str, dict[str, int]]:
    """Per stream and boot the highest settled number, the present boots among them."""
    boots: dict[str, dict[str, int]] = {}
    for stream, boot, highest in query(connection, _BOOTS, (unit, outbox)):
        boots.setdefault(stream, {})[boot] = highest
    for stream, entry in read_outbox(connection, unit, outbox).items():
        if entry.boot:
            of_stream = boots.setdefault(stream, {})
            of_stream[entry.boot] = max(entry.boot_highest, of_stream.get(entry.boot, 0))
    return boots


def write_entries(connection: Connection, entries: Mapping[StreamKey, Entry], now_ms: int) -> None:
    """Put these in place of what stands there."""
    execute_many(connection, _PUT, [(*key, *entry, now_ms) for key, entry in entries.items()])


def write_boots(connection: Connection, boots: Iterable[tuple[str, str, str, str, int]]) -> None:
    """Raise the highest number of (unit, outbox, stream, boot)."""
    execute_many(connection, _PUT_BOOT, list(boots))


def clear_ledger(connection: Connection) -> None:
    """Forget every number: whatever units still hold is welcome again."""
    connection.exec_driver_sql("DELETE FROM ledger")
    connection.exec_driver_sql("DELETE FROM ledger_boot")


def entry_of(entries: Mapping[StreamKey, Entry], key: StreamKey) -> Entry:
    """The entry of a key, empty where it has none."""
    return entries.get(key, EMPTY)


def _entries(rows: Iterable[tuple[object, ...]]) -> Entries:
    return {StreamKey(*row[:3]): Entry(*row[3:]) for row in rows}  # type: ignore[arg-type]  # rows of a typed table

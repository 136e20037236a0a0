"""The outbox file: its tables and the one key that is identity, stream and number at once.

Rules of this file: no I/O. A message's row id is its whole key, so that one insert dirties one
page: there is no second index and no counter row. The next number is the highest of the range,
with a floor in `progress` that is raised in the transaction that deletes rows.
"""

from __future__ import annotations

from contract.quantities import ClockSource

VERSION = 1

PRAGMAS = (
    # A row is about 200 bytes and a commit dirties whole pages, so small pages spare the SD card.
    "PRAGMA page_size=1024",
    # One process owns an outbox; the lock says so to a second one, and no shared memory is needed.
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=FAST",
    "PRAGMA cache_size=-512",
    # About 1 MiB: an hour at 1 Hz writes back each page of the file a few times, not each second.
    "PRAGMA wal_autocheckpoint=1000",
)

TABLES = (
    """CREATE TABLE identity (
        number INTEGER PRIMARY KEY, outbox TEXT NOT NULL UNIQUE, serial TEXT NOT NULL,
        ordinal INTEGER NOT NULL, epoch TEXT)""",
    "CREATE TABLE boot (number INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE)",
    """CREATE TABLE anchor (
        machine TEXT NOT NULL, from_boot_ms INTEGER NOT NULL, boot_ms INTEGER NOT NULL,
        utc_ms INTEGER NOT NULL, source TEXT NOT NULL)""",
    "CREATE TABLE progress (key INTEGER PRIMARY KEY, state BLOB NOT NULL)",
    "CREATE TABLE note (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, boot_ms INTEGER NOT NULL,
        observed_ms INTEGER, clock INTEGER NOT NULL, sent_as INTEGER,
        check_sum INTEGER NOT NULL, body BLOB NOT NULL)""",
    f"PRAGMA user_version={VERSION}",
)

CLOCKS: tuple[ClockSource, ...] = ("unset", "gnss", "ntp", "rtc")
"""Position in this tuple is the number in `message.clock`: never reordered."""

IDENTITY_SHIFT = 55
STREAM_SHIFT = 48
MAX_IDENTITIES = 256
_SEQ_MASK = (1 << STREAM_SHIFT) - 1


def row_id(identity: int, stream: int, seq: int) -> int:
    """Key of a message in the file; added up, so that one past the last number is a bound too."""
    return (identity << IDENTITY_SHIFT) + (stream << STREAM_SHIFT) + seq


def seq_of(row_id_: int) -> int:
    """Number of the message with this key."""
    return row_id_ & _SEQ_MASK


def book_key(identity: int, stream: int) -> int:
    """Key of the progress of one stream of one identity."""
    return identity << (IDENTITY_SHIFT - STREAM_SHIFT) | stream

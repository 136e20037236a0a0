"""Tables of the ledger, the quarantine and what must be remembered per message."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from backend.records.schema import metadata

ledger = Table(
    "ledger",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("contiguous", BigInteger, nullable=False),
    Column("above", Text, nullable=False),
    Column("refused", Text, nullable=False),
    Column("boot", String(17), nullable=False),
    Column("boot_highest", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Which numbers of (unit, outbox, stream) are settled: 1 to `contiguous`, and the JSON ranges
[start, end) `above`. `boot` is the boot heard last, `boot_highest` its highest number."""

ledger_boot = Table(
    "ledger_boot",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("boot", String(17), primary_key=True),
    Column("highest", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The highest number settled of every boot but the one that stands in `ledger`."""

quarantined = Table(
    "quarantined",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("unit", String(50), nullable=False),
    Column("topic", String(300), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", String(300), nullable=False),
    Column("outbox", String(16), nullable=True),
    Column("seq", BigInteger, nullable=True),
    Column("size", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Messages that break the contract, the newest of them, for a person to read."""

receipt = Table(
    "receipt",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("received_ms", BigInteger, nullable=False),
    Index("ix_receipt_received_ms", "received_ms"),
    sqlite_with_rowid=False,
)
"""Receipt times of messages without a trusted clock: a redelivery must get the same one."""

tap_holder = Table(
    "tap_holder",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("pseudonym", String(64), nullable=False),
    Column("observed_ms", BigInteger, nullable=False),
    Index("ix_tap_holder_pseudonym", "pseudonym"),
    Index("ix_tap_holder_observed_ms", "observed_ms"),
    sqlite_with_rowid=False,
)
"""Who held the co-pass of a tap: here alone, so that it can be exported, erased and expires."""

tap_entry = Table(
    "tap_entry",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("journal", String(16), primary_key=True),
    Column("entry", BigInteger, primary_key=True),
    Column("outbox", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
    Column("taken", Boolean, nullable=False),
    Index("ix_tap_entry_received_ms", "received_ms"),
    Index(
        "ix_tap_entry_untaken",
        "unit",
        "journal",
        "entry",
        sqlite_where=text("NOT taken"),
        postgresql_where=text("NOT taken"),
    ),
    sqlite_with_rowid=False,
)
"""Journal entries of co-pass readers, each once whatever outbox brought it. `message` is the tap
without its holder; `taken` once its effects on presence and the journal's chain are written."""

journal_floor = Table(
    "journal_floor",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("journal", String(16), primary_key=True),
    Column("below", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Entries below this one have been forgotten with age; they never count as new again."""

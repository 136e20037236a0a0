"""Tables of the snapshot from which every service rebuilds its state."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from backend.records.schema import metadata

latest_message = Table(
    "latest_message",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("observed_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest message by time of measurement, as it came; only messages that may be live."""

unit_contact = Table(
    "unit_contact",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("heard_ms", BigInteger, nullable=False),
    Column("lost_ms", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)
"""When a unit was last heard, and when the broker last spoke its will."""

"""The ledger, devices and the latest state.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    _table("fact", sa.Column("name", sa.String(40)), _given("value", sa.String(200)), keys=1)
    _devices()
    _live()
    _ledger()


def _devices() -> None:
    _table(
        "unit_session",
        sa.Column("unit", sa.String(50)),
        _given("outbox", sa.String(16)),
        _given("boot", sa.String(17)),
        _given("session", sa.BigInteger),
        _given("version", sa.String(64)),
        _given("since_ms", sa.BigInteger),
        _given("lost", sa.Boolean),
        keys=1,
    )
    _table(
        "unit_outbox",
        sa.Column("unit", sa.String(50)),
        sa.Column("outbox", sa.String(16)),
        _given("boot", sa.String(17)),
        _given("session", sa.BigInteger),
        _given("renewed", sa.Boolean),
        _given("hello_ms", sa.BigInteger),
        keys=2,
    )
    _table(
        "unit_run",
        sa.Column("unit", sa.String(50)),
        sa.Column("boot", sa.String(17)),
        _given("hello_ms", sa.BigInteger),
        sa.Column("replaced_ms", sa.BigInteger, nullable=True),
        keys=2,
    )
    op.create_index("ix_unit_run_replaced_ms", "unit_run", ["replaced_ms"])
    _table(
        "explained_range",
        *_stream_key(),
        sa.Column("start_seq", sa.BigInteger),
        sa.Column("end_seq", sa.BigInteger),
        _given("cause", sa.String(20)),
        _given("explained_ms", sa.BigInteger),
        keys=5,
    )
    _table(
        "gap_watch",
        *_stream_key(),
        _given("below_seq", sa.BigInteger),
        _given("due_ms", sa.BigInteger),
        keys=3,
    )
    _table(
        "device_alarm",
        sa.Column("unit", sa.String(50)),
        sa.Column("alarm", sa.String(40)),
        sa.Column("subject", sa.String(80)),
        _given("detail", sa.String(280)),
        _given("since_ms", sa.BigInteger),
        _given("last_ms", sa.BigInteger),
        sa.Column("cleared_ms", sa.BigInteger, nullable=True),
        keys=3,
    )
    op.create_index("ix_device_alarm_cleared_ms", "device_alarm", ["cleared_ms"])


def _live() -> None:
    _table(
        "latest_message",
        sa.Column("unit", sa.String(50)),
        sa.Column("stream", sa.String(40)),
        _given("observed_ms", sa.BigInteger),
        _given("received_ms", sa.BigInteger),
        _given("payload", sa.LargeBinary),
        keys=2,
    )
    _table(
        "unit_contact",
        sa.Column("unit", sa.String(50)),
        _given("heard_ms", sa.BigInteger),
        sa.Column("lost_ms", sa.BigInteger, nullable=True),
        keys=1,
    )


def _ledger() -> None:
    _table(
        "ledger",
        *_stream_key(),
        _given("contiguous", sa.BigInteger),
        _given("above", sa.Text),
        _given("refused", sa.Text),
        _given("boot", sa.String(17)),
        _given("boot_highest", sa.BigInteger),
        _given("stored", sa.BigInteger),
        _given("duplicates", sa.BigInteger),
        _given("updated_ms", sa.BigInteger),
        keys=3,
    )
    _table(
        "ledger_boot",
        *_stream_key(),
        sa.Column("boot", sa.String(17)),
        _given("highest", sa.BigInteger),
        keys=4,
    )
    op.create_table(
        "quarantined",
        sa.Column("id", sa.Integer, autoincrement=True),
        _given("unit", sa.String(50)),
        _given("topic", sa.String(300)),
        _given("reason", sa.String(40)),
        _given("detail", sa.String(300)),
        sa.Column("outbox", sa.String(16), nullable=True),
        sa.Column("seq", sa.BigInteger, nullable=True),
        _given("size", sa.BigInteger),
        _given("payload", sa.LargeBinary),
        _given("received_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_quarantined"),
        sqlite_autoincrement=True,
    )
    _table(
        "receipt",
        *_stream_key(),
        sa.Column("seq", sa.BigInteger),
        _given("received_ms", sa.BigInteger),
        keys=4,
    )
    op.create_index("ix_receipt_received_ms", "receipt", ["received_ms"])
    _table(
        "tap_holder",
        sa.Column("unit", sa.String(50)),
        sa.Column("outbox", sa.String(16)),
        sa.Column("seq", sa.BigInteger),
        _given("pseudonym", sa.String(64)),
        _given("observed_ms", sa.BigInteger),
        keys=3,
    )
    op.create_index("ix_tap_holder_pseudonym", "tap_holder", ["pseudonym"])
    op.create_index("ix_tap_holder_observed_ms", "tap_holder", ["observed_ms"])


def _given(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _stream_key() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("unit", sa.String(50)),
        sa.Column("outbox", sa.String(16)),
        sa.Column("stream", sa.String(40)),
    )


def _table(name: str, *columns: sa.Column[Any], keys: int) -> None:
    """A table whose first `keys` columns are its primary key."""
    key = sa.PrimaryKeyConstraint(*(column.name for column in columns[:keys]), name=f"pk_{name}")
    op.create_table(name, *columns, key, sqlite_with_rowid=False)

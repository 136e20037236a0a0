"""Cards, grants, published rights, presence, and each journal entry once.

Revision ID: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the co-pass."""
    _cards()
    _grants()
    _doors()
    _journals()


def downgrade() -> None:
    """Forget every card."""
    for name in (
        *("journal_floor", "tap_entry", "journal_state", "presence", "card_pseudonym"),
        *("door_due", "door_lingering", "door_rights", "access_holiday", "access_schedule"),
        *("card_grant", "card_holder", "card"),
    ):
        op.drop_table(name)


def _cards() -> None:
    _table(
        "card",
        _key("card_id", sa.String(16)),
        _given("uid_mark", sa.String(64)),
        _given("secrets", sa.LargeBinary),
        _given("scheme", sa.String(4)),
        _given("key_number", sa.Integer),
        _given("state", sa.String(10)),
        _given("issued_ms", sa.BigInteger),
        _given("issued_by", sa.String(80)),
        *_ended(),
        _maybe("replaced_by", sa.String(16)),
    )
    op.create_index("uq_card_uid_mark", "card", ["uid_mark"], unique=True)
    _table(
        "card_holder",
        _key("card_id", sa.String(16)),
        _given("holder", sa.String(80)),
        _given("since_ms", sa.BigInteger),
        _maybe("kept_until_ms", sa.BigInteger),
    )
    _index("card_holder", "holder")
    _index("card_holder", "kept_until_ms")
    _table(
        "card_pseudonym",
        _key("pseudonym", sa.String(64)),
        _given("month", sa.String(6)),
        _given("card_id", sa.String(16)),
    )
    _index("card_pseudonym", "card_id")
    _index("card_pseudonym", "month")


def _grants() -> None:
    op.create_table(
        "card_grant",
        sa.Column("right_id", sa.Integer, autoincrement=True),
        _given("card_id", sa.String(16)),
        _given("unit", sa.String(50)),
        _given("points", sa.Text),
        _given("kind", sa.String(12)),
        _given("starts_ms", sa.BigInteger),
        _maybe("ends_ms", sa.BigInteger),
        _maybe("schedule", sa.String(40)),
        _maybe("offline_for_s", sa.BigInteger),
        _given("label", sa.String(40)),
        _given("duress", sa.Boolean),
        _given("passes_lockdown", sa.Boolean),
        _given("source", sa.String(80)),
        _given("created_ms", sa.BigInteger),
        _given("created_by", sa.String(80)),
        *_ended(),
        sa.PrimaryKeyConstraint("right_id", name="pk_card_grant"),
        sqlite_autoincrement=True,
    )
    _index("card_grant", "unit", "ended_ms")
    _index("card_grant", "card_id")
    _table(
        "access_schedule",
        _key("name", sa.String(40)),
        _given("windows", sa.Text),
        _given("on_holidays", sa.Boolean),
    )
    _table(
        "access_holiday",
        _key("date", sa.String(10)),
        _given("observed", sa.Boolean),
        _given("name", sa.String(80)),
    )


def _doors() -> None:
    _table(
        "door_rights",
        _key("unit", sa.String(50)),
        _given("lookup_key", sa.LargeBinary),
        _given("term", sa.BigInteger),
        _given("version", sa.BigInteger),
        _given("issued_ms", sa.BigInteger),
        _maybe("body", sa.LargeBinary),
        _maybe("addressee", sa.String(32)),
        _given("retained_version", sa.BigInteger),
        _given("retained_chunks", sa.Integer),
        _given("held_version", sa.BigInteger),
        _given("held_ms", sa.BigInteger),
        _maybe("refusal", sa.String(280)),
        _maybe("retired_ms", sa.BigInteger),
    )
    _table(
        "door_lingering",
        _key("unit", sa.String(50)),
        _key("right_id", sa.BigInteger),
        _key("gone_version", sa.BigInteger),
        _given("card_id", sa.String(16)),
        _given("addressee", sa.String(32)),
        _given("until_ms", sa.BigInteger),
        keys=3,
    )
    _index("door_lingering", "until_ms")
    _table("door_due", _key("unit", sa.String(50)), _given("rung_ms", sa.BigInteger))


def _journals() -> None:
    _table(
        "presence",
        _key("unit", sa.String(50)),
        _key("handle", sa.String(64)),
        _given("present", sa.Boolean),
        _given("since_ms", sa.BigInteger),
        _given("observed_ms", sa.BigInteger),
        keys=2,
    )
    _index("presence", "observed_ms")
    _table(
        "journal_state",
        _key("unit", sa.String(50)),
        _key("journal", sa.String(16)),
        _given("contiguous", sa.BigInteger),
        _given("chain", sa.String(32)),
        _given("highest", sa.BigInteger),
        _maybe("missing_since_ms", sa.BigInteger),
        keys=2,
    )
    _table(
        "tap_entry",
        _key("unit", sa.String(50)),
        _key("journal", sa.String(16)),
        _key("entry", sa.BigInteger),
        _given("outbox", sa.String(16)),
        _given("seq", sa.BigInteger),
        _given("received_ms", sa.BigInteger),
        _given("message", sa.LargeBinary),
        _given("taken", sa.Boolean),
        keys=3,
    )
    _index("tap_entry", "received_ms")
    op.create_index(
        "ix_tap_entry_untaken",
        "tap_entry",
        ["unit", "journal", "entry"],
        sqlite_where=sa.text("NOT taken"),
        postgresql_where=sa.text("NOT taken"),
    )
    _table(
        "journal_floor",
        _key("unit", sa.String(50)),
        _key("journal", sa.String(16)),
        _given("below", sa.BigInteger),
        keys=2,
    )


def _ended() -> tuple[sa.Column[Any], ...]:
    return (_maybe("ended_ms", sa.BigInteger), _maybe("ended_by", sa.String(80)))


def _key(name: str, kind: Any) -> sa.Column[Any]:
    # Never numbered by the store: these keys come from outside.
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def _given(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _maybe(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _table(name: str, *columns: sa.Column[Any], keys: int = 1) -> None:
    """A table whose first `keys` columns are its primary key."""
    key = sa.PrimaryKeyConstraint(*(column.name for column in columns[:keys]), name=f"pk_{name}")
    op.create_table(name, *columns, key, sqlite_with_rowid=False)

"""Devices, their certificates, who serves what since when, invitations, commands and replies.

Revision ID: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of identities."""
    _devices()
    _assignments()
    _invitations()
    _commands()


def downgrade() -> None:
    """Forget every identity; each device must be enrolled again."""
    for name in (
        *("device_command_text", "device_command", "device_invitation"),
        *("retired_unit", "duty_assignment", "device_assignment"),
        *("device_certificate", "device"),
    ):
        op.drop_table(name)


def _devices() -> None:
    _table(
        "device",
        _key("device", sa.String(20)),
        _given("machine_serial", sa.String(64)),
        _given("box_public", sa.String(64)),
        _given("enrolled_ms", sa.BigInteger),
        _maybe("ended_ms", sa.BigInteger),
        _maybe("end_reason", sa.String(20)),
    )
    _table(
        "device_certificate",
        _key("serial", sa.String(40)),
        _given("device", sa.String(20)),
        _given("unit", sa.String(50)),
        _given("pem", sa.Text),
        _given("issued_ms", sa.BigInteger),
        _given("expires_ms", sa.BigInteger),
        _maybe("revoked_ms", sa.BigInteger),
    )
    _index("device_certificate", "device")


def _assignments() -> None:
    _table(
        "device_assignment",
        _key("device", sa.String(20)),
        _key("from_ms", sa.BigInteger),
        _given("unit", sa.String(50)),
        _maybe("until_ms", sa.BigInteger),
        keys=2,
    )
    _index("device_assignment", "unit")
    _table(
        "duty_assignment",
        _key("duty", sa.String(40)),
        _key("from_ms", sa.BigInteger),
        _given("unit", sa.String(50)),
        _maybe("until_ms", sa.BigInteger),
        keys=2,
    )
    _index("duty_assignment", "unit")
    _table(
        "retired_unit",
        _key("unit", sa.String(50)),
        _given("retired_ms", sa.BigInteger),
        _maybe("swept_ms", sa.BigInteger),
    )


def _invitations() -> None:
    _table(
        "device_invitation",
        _key("invitation", sa.String(8)),
        _given("unit", sa.String(50)),
        _given("key_hash", sa.String(64)),
        _given("expires_ms", sa.BigInteger),
        _given("wrong_tries", sa.Integer),
        _maybe("device", sa.String(20)),
        _maybe("request_hash", sa.String(64)),
    )


def _commands() -> None:
    _table(
        "device_command",
        _key("nonce", sa.String(64)),
        _given("unit", sa.String(50)),
        _given("command", sa.String(40)),
        _given("arguments", sa.Text),
        _given("ordered_by", sa.String(80)),
        _given("ordered_ms", sa.BigInteger),
        _given("expires_ms", sa.BigInteger),
        _given("state", sa.String(10)),
        _maybe("reason", sa.String(280)),
        _maybe("sent_ms", sa.BigInteger),
        _maybe("answered_ms", sa.BigInteger),
        _maybe("parts", sa.Integer),
    )
    _index("device_command", "state")
    _table(
        "device_command_text",
        _key("nonce", sa.String(64)),
        _key("part", sa.Integer),
        _given("text", sa.Text),
        keys=2,
    )


def _table(name: str, *columns: sa.Column[Any], keys: int = 1) -> None:
    primary = sa.PrimaryKeyConstraint(*(c.name for c in columns[:keys]), name=f"pk_{name}")
    op.create_table(name, *columns, primary, sqlite_with_rowid=False)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{columns[0]}", table, list(columns))


def _key(name: str, of: Any) -> sa.Column[Any]:
    return sa.Column(name, of, autoincrement=False, nullable=False)


def _given(name: str, of: Any) -> sa.Column[Any]:
    return sa.Column(name, of, nullable=False)


def _maybe(name: str, of: Any) -> sa.Column[Any]:
    return sa.Column(name, of, nullable=True)

"""The last word of each SOS and lone-worker session.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of people in distress."""
    op.create_table(
        "distress",
        sa.Column("unit", sa.String(50), nullable=False),
        sa.Column("alarm", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("outbox", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("unit", "alarm", "reference", name="pk_distress"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_distress_due_ms", "distress", ["due_ms"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("distress")

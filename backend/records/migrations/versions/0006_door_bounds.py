"""What a door's rights amount to, readable without the vault.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the bound and the counts of the version last published."""
    op.add_column("door_rights", sa.Column("bound_ms", sa.BigInteger, nullable=True))
    op.add_column("door_rights", sa.Column("cards", sa.Integer, nullable=True))
    op.add_column("door_rights", sa.Column("rights", sa.Integer, nullable=True))


def downgrade() -> None:
    """The sealed body still says it."""
    for name in ("rights", "cards", "bound_ms"):
        op.drop_column("door_rights", name)

"""Who is asked for a person in distress, and who has answered.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the step; for what is open now, the asking begins with its last word."""
    op.add_column("distress", sa.Column("step", sa.String(20), nullable=True))
    op.add_column("distress", sa.Column("step_ms", sa.BigInteger, nullable=True))
    op.add_column("distress", sa.Column("acknowledged_ms", sa.BigInteger, nullable=True))
    op.add_column("distress", sa.Column("acknowledged_by", sa.String(80), nullable=True))
    distress = sa.table(
        "distress",
        sa.column("step", sa.String),
        sa.column("step_ms", sa.BigInteger),
        sa.column("at_ms", sa.BigInteger),
        sa.column("is_open", sa.Boolean),
    )
    begun = distress.update().where(distress.c.is_open.is_(True))
    op.execute(begun.values(step="supervisor", step_ms=distress.c.at_ms))


def downgrade() -> None:
    """Forget who has answered."""
    for name in ("acknowledged_by", "acknowledged_ms", "step_ms", "step"):
        op.drop_column("distress", name)

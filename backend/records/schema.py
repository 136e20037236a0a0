"""The one MetaData of the records store; each room declares its own tables on it.

Rules of this file: no table stands here but `fact`. What a table looks like in the store is
said by the migrations; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

fact = Table(
    "fact",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
    sqlite_with_rowid=False,
)
"""Single facts about the store itself: the ledger's epoch, the telemetry marks."""

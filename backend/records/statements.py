"""Hand-written SQL for the hot paths, the same text on SQLite and PostgreSQL.

Rules of this file: parameters are written `?`; no `?` or `%` stands anywhere else in a statement.
SQLAlchemy's own compilation costs more per row than the database does, and the ingest writes
some thousand rows a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

Values = tuple[Any, ...]


def execute_many(connection: Connection, statement: str, rows: Sequence[Values]) -> None:
    """Run `statement` once per row."""
    if rows:
        connection.exec_driver_sql(_native(statement, connection.dialect.paramstyle), list(rows))


def query(connection: Connection, statement: str, values: Values = ()) -> list[Values]:
    """All rows of a SELECT."""
    native = _native(statement, connection.dialect.paramstyle)
    return [tuple(row) for row in connection.exec_driver_sql(native, values)]


@cache
def _native(statement: str, paramstyle: str) -> str:
    return statement if paramstyle == "qmark" else statement.replace("?", "%s")

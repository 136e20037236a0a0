"""Transactions of the records store, said by what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

WRITE_OPTION = "softplace_write"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads and then writes: committed at the end, undone on an exception.

    On SQLite it takes the writer's place at its beginning (BEGIN IMMEDIATE), so that what it
    reads cannot change under it and it never fails half way with "database is locked".
    """
    connection = engine.connect().execution_options(**{WRITE_OPTION: True})
    with connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look at the store."""
    with engine.connect() as connection:
        yield connection

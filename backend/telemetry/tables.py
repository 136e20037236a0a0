"""SQL of the embedded store: one table per stream and retention class.

Rules of this file: pure text. The key (kind, unit, time, outbox) is the table itself, so a
unit's track is read in one sweep and a row written twice lands on itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.telemetry.columns import Column, columns_of
from contract.retention import REPLAY, RETENTION_CLASSES
from contract.streams import BY_NAME, STREAMS

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SQL_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "real": "REAL"}
_KEY_COLUMNS = "kind TEXT NOT NULL, unit TEXT NOT NULL, time_ns INTEGER NOT NULL"

MARK_TABLE = """CREATE TABLE IF NOT EXISTS softplace_mark (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL, epoch TEXT NOT NULL, at_ms INTEGER NOT NULL)"""


@dataclass(frozen=True, slots=True)
class Table:
    """The table of `stream` in the retention class that `database` names."""

    database: str
    stream: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.database) or self.stream not in BY_NAME:
            raise ValueError(f"no table can be named {self.database!r}, {self.stream!r}")

    @property
    def name(self) -> str:
        """For example softplace_2_months_position; made of names the contract fixes."""
        return f"{self.database}_{self.stream}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The message's columns; the key columns before them are the same for all."""
        return columns_of(BY_NAME[self.stream].message)

    @property
    def create(self) -> str:
        """Statement that makes the table."""
        columns = ", ".join(f"{c.name} {sql_type(c)}" for c in self.columns)
        return (
            f"CREATE TABLE IF NOT EXISTS {self.name} ({_KEY_COLUMNS}, {columns}, "
            "PRIMARY KEY (kind, unit, time_ns, outbox)) WITHOUT ROWID"
        )

    @property
    def describe(self) -> str:
        """Statement whose second column is the name of each column the file has."""
        return f"PRAGMA table_info({self.name})"

    def add_column(self, column: Column) -> str:
        """Statement that adds what a newer message has."""
        return f"ALTER TABLE {self.name} ADD COLUMN {column.name} {sql_type(column)}"

    @property
    def insert(self) -> str:
        """Statement that writes or rewrites one row, in the order of `columns`."""
        names = ", ".join(["kind", "unit", "time_ns", *(c.name for c in self.columns)])
        marks = ", ".join("?" * (3 + len(self.columns)))
        return f"INSERT OR REPLACE INTO {self.name} ({names}) VALUES ({marks})"  # noqa: S608 - checked names

    @property
    def select(self) -> str:
        """Beginning of a query for whole rows."""
        names = ", ".join(["kind", "unit", "time_ns", *(c.name for c in self.columns)])
        return f"SELECT {names} FROM {self.name} WHERE kind = ? AND unit = ?"  # noqa: S608 - checked names


def all_tables() -> tuple[Table, ...]:
    """Each stream in its own class, and every stream in the class of replays."""
    own = [Table(stream.retention.database, stream.name) for stream in STREAMS]
    return (*own, *(Table(REPLAY.database, stream.name) for stream in STREAMS))


def retention_days(database: str) -> int | None:
    """Days that `database` keeps; None where nothing expires."""
    return next((c.days for c in RETENTION_CLASSES if c.database == database), None)


def sql_type(column: Column) -> str:
    """SQLite's type of a column; NOT NULL is left to the contract, so columns can be added."""
    return _SQL_TYPES.get(column.type, "TEXT")

"""Forgetting what is past its retention, a little at a time, so that writers never wait long."""

from __future__ import annotations

from collections.abc import Iterator

from backend.telemetry.sqlite_file import Connection, transaction
from backend.telemetry.tables import Table, retention_days

CHUNK_ROWS = 2_000
"""Rows of one transaction: some ten milliseconds on a Raspberry Pi's card."""

DAY_NS = 86_400_000_000_000


def prune_table(connection: Connection, table: Table, now_ms: int) -> Iterator[int]:
    """Delete what has expired, one chunk each time the next count is asked for."""
    days = retention_days(table.database)
    if days is None:
        return
    cutoff_ns = now_ms * 1_000_000 - days * DAY_NS
    for kind, unit in _units(connection, table):
        while deleted := _delete_chunk(connection, table, (kind, unit), cutoff_ns):
            yield deleted


def _units(connection: Connection, table: Table) -> Iterator[tuple[str, str]]:
    """Each unit that has rows: a jump through the key, not a sweep of the table."""
    sql = (
        f"SELECT kind, unit FROM {table.name} WHERE (kind, unit) > (?, ?) "  # noqa: S608 - names of Table are checked
        "ORDER BY kind, unit LIMIT 1"
    )
    last: tuple[str, str] = ("", "")
    while row := connection.execute(sql, last).fetchone():
        last = (row[0], row[1])
        yield last


def _delete_chunk(
    connection: Connection, table: Table, unit: tuple[str, str], cutoff_ns: int
) -> int:
    where = f"FROM {table.name} WHERE kind = ? AND unit = ? AND time_ns < ?"
    with transaction(connection):
        later = connection.execute(
            f"SELECT time_ns {where} ORDER BY time_ns LIMIT 1 OFFSET {CHUNK_ROWS}",
            (*unit, cutoff_ns),
        ).fetchone()
        end_ns = later[0] if later else cutoff_ns
        connection.execute(f"DELETE {where}", (*unit, end_ns))
        return int(connection.execute("SELECT changes()").fetchone()[0])

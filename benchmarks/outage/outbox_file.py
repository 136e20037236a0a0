"""An agent's outbox read from outside: a copy of the file, opened with the sqlite3 module.

The agent holds its file locked, so the file and its log are copied, and a copy that a
checkpoint tore is taken again.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

_STREAM_SHIFT = 48
_IDENTITY_SHIFT = 55
_TRIES = 5

Highest = dict[tuple[str, int], int]
"""Highest number given, by (outbox, number of the stream)."""


def highest_numbers(path: Path) -> Highest:
    """What the file holds now; empty before the file is made.

    Raises sqlite3.DatabaseError where no copy could be read.
    """
    for attempt in range(_TRIES):
        try:
            return _read(path)
        except (sqlite3.DatabaseError, FileNotFoundError):
            if attempt == _TRIES - 1:
                raise
    return {}


def _read(path: Path) -> Highest:
    if not path.exists():
        return {}
    with tempfile.TemporaryDirectory(prefix="outbox-") as scratch:
        copy = Path(scratch) / path.name
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + "-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(log.name))
        connection = sqlite3.connect(copy)
        try:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return {}
            outboxes = dict(connection.execute("SELECT number, outbox FROM identity"))
            highest: Highest = {}
            for identity, outbox in outboxes.items():
                for stream in range(1 << (_IDENTITY_SHIFT - _STREAM_SHIFT)):
                    low = identity << _IDENTITY_SHIFT | stream << _STREAM_SHIFT
                    (top,) = connection.execute(
                        "SELECT max(id) FROM message WHERE id BETWEEN ? AND ?",
                        (low, low + (1 << _STREAM_SHIFT) - 1),
                    ).fetchone()
                    if top is not None:
                        highest[outbox, stream] = top - low
            return highest
        finally:
            connection.close()

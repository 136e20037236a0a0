"""Open the records store: the right pragmas, the newest schema."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from backend.records.errors import RecordsRefused, RecordsUnavailable
from backend.records.migrate import migrate
from backend.records.transaction import WRITE_OPTION

BUSY_TIMEOUT_S = 15
"""A writer waits this long for another: far above any transaction of ours."""


def open_records(url: str) -> Engine:
    """The store at `url`, created where it is missing and migrated to the newest schema.

    Raises RecordsRefused (an address we cannot use) and RecordsUnavailable.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RecordsRefused("", "is not the address of a database") from error
    shown = parsed.render_as_string(hide_password=True)
    try:
        engine = _create(parsed, shown)
        migrate(engine)
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise RecordsUnavailable(shown, str(cause).strip().splitlines()[0]) from error
    return engine


def _create(url: URL, shown: str) -> Engine:
    # What is written may name a person: no error may repeat it into a log.
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise RecordsRefused(shown, f"{backend} is neither sqlite nor postgresql")
    if backend == "postgresql":
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        try:
            return create_engine(url, pool_pre_ping=True, hide_parameters=True)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise RecordsRefused(shown, "its driver is missing (the extra `postgresql`)") from error
    arguments: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    if url.database in {None, "", ":memory:"}:
        engine = create_engine(
            url, connect_args=arguments, poolclass=StaticPool, hide_parameters=True
        )
    else:
        engine = create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would begin late and never IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        # A confirmation is a promise through a power cut, so each commit is synced.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_S * 1_000}",
        "cache_size = -16384",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(WRITE_OPTION, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

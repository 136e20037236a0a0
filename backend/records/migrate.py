"""Bring the store to the newest schema; the scripts ride in the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from backend.records.transaction import writing

_SCRIPTS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x50F7_91AC
"""Any number will do, as long as every process takes the same advisory lock."""


def migrate(engine: Engine) -> None:
    """Run every migration the store has not seen, in one transaction.

    Two processes that open a new store at once take turns.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with writing(engine) as connection:
        _take_turns(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})

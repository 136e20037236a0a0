"""The records store opens, migrates and refuses with one sentence."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import backend.access.tables
import backend.devices.identity_tables
import backend.devices.tables
import backend.ingest.tables
import backend.live.tables
import backend.territory.schema  # noqa: F401 - declares its tables
from backend.records.errors import RecordsRefused, RecordsUnavailable
from backend.records.open import open_records
from backend.records.schema import metadata
from backend.records.transaction import reading, writing


def test_what_the_migrations_build_is_what_the_tables_say(tmp_path):
    engine = open_records(f"sqlite:///{tmp_path / 'r.sqlite'}")
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_commit_is_synced_and_readers_do_not_wait(tmp_path):
    engine = open_records(f"sqlite:///{tmp_path / 'r.sqlite'}")
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_opening_twice_at_once_migrates_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'r.sqlite'}"
    engines = []
    threads = [threading.Thread(target=lambda: engines.append(open_records(url))) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engines) == 3


def test_a_failed_transaction_leaves_nothing(tmp_path):
    engine = open_records(f"sqlite:///{tmp_path / 'r.sqlite'}")
    insert = text("INSERT INTO fact VALUES ('a', 'b')")

    def write_twice() -> None:
        with writing(engine) as connection:
            connection.execute(insert)
            connection.execute(insert)

    with pytest.raises(IntegrityError):
        write_twice()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM fact")).scalar() == 0


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:secret@h/n"])
def test_an_address_of_no_use_is_refused(url):
    with pytest.raises(RecordsRefused, match="write sqlite:///path") as refused:
        open_records(url)
    assert "secret" not in str(refused.value)


def test_a_store_that_cannot_be_opened_is_one_sentence(tmp_path):
    with pytest.raises(RecordsUnavailable, match="unable to open database file; check"):
        open_records(f"sqlite:///{tmp_path / 'missing' / 'r.sqlite'}")

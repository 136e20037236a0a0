"""The desk, the press and the reports on a real PostgreSQL."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from backend.access.desk import Author, revoke_card, use_generation
from backend.access.door_report import report_doors
from backend.access.forgetting import erase_holder, export_holder
from backend.access.grant_records import put_holiday, put_schedule, rung_units, schedule_units
from backend.access.key_sets import known_sets, remember_set
from backend.access.model import NamedSchedule
from backend.access.press import Press
from backend.access.tending import tend
from backend.access.term import take_term
from backend.records.schema import metadata
from backend.records.transaction import reading, writing
from tests.access.scene import DESK, DOOR, HOUR_MS, NOW_MS, PLACE, Scene, give, serving_now
from tests.ingest.test_postgresql import postgresql

__all__ = ["postgresql"]

UNIT = str(DOOR)


@pytest.fixture
def scene(postgresql, tmp_path):
    scene = Scene(tmp_path, postgresql)
    yield scene
    scene.engine.dispose()


def test_a_card_is_given_rights_and_loses_them(scene):
    vault, author = scene.keys.vault, Author(DESK, NOW_MS + 1)
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        remember_set(connection, 1, "0a1b2c3d")
        put_schedule(connection, NamedSchedule("office", ((31, 480, 1080),), on_holidays=False))
        put_holiday(connection, "2026-08-16", "fête votive", observed=True)
        card = scene.issue(connection, 1)
        give(connection, card, schedule="office")
        assert (rung_units(connection), schedule_units(connection, "office")) == ([UNIT], [UNIT])
        term, restored = take_term(connection, scene.keys)
        press = Press(vault, PLACE, serving_now, term)
        assert not restored
        assert press.press(connection, UNIT, NOW_MS, whole=False) is not None
        assert use_generation(connection, vault, [card], 2, author) == []
        assert revoke_card(connection, card, "lost", author) == [UNIT]
        made = press.press(connection, UNIT, NOW_MS + 1, whole=False)
        assert made is not None
        assert tend(connection, vault, NOW_MS + 2) == []
    with reading(scene.engine) as connection:
        assert known_sets(connection) == {1: "0a1b2c3d"}
        (door,) = report_doors(connection, NOW_MS + 2)
        assert [(one.card, one.state) for one in door.still_opens] == [(card, "lost")]
        assert door.revocation_bound_ms == NOW_MS + 72 * HOUR_MS
        assert export_holder(connection, "holder-1")["cards"][0]["card"] == card
    with writing(scene.engine) as connection:
        assert erase_holder(connection, "holder-1") == [card]


def test_the_migrations_build_the_same_tables_here(scene):
    import backend.access.tables
    import backend.devices.identity_tables
    import backend.devices.tables
    import backend.ingest.tables
    import backend.live.tables
    import backend.territory.schema  # noqa: F401 - declares its tables

    with reading(scene.engine) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        assert [one for one in differences if "card" in str(one) or "door" in str(one)] == []

"""A territory goes into SQL and comes back as it was."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, select

from backend.records.open import open_records
from backend.records.schema import metadata
from backend.territory import schema
from backend.territory.errors import UnknownTerritory
from backend.territory.store import import_territory, read_territory
from contract.territory_file import load_territory

LOZERE = Path(__file__).parents[2] / "simulator" / "territories" / "lozere.json"


@pytest.fixture
def engine(tmp_path: Path):
    engine = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield engine
    engine.dispose()


def test_a_territory_file_comes_back_from_sql_as_it_went_in(engine: Engine):
    territory = load_territory(LOZERE)
    import_territory(engine, territory)
    assert read_territory(engine, "lozere") == territory


def test_an_import_replaces_the_whole_territory_and_no_other(engine: Engine):
    lozere = load_territory(LOZERE)
    import_territory(engine, lozere)
    import_territory(engine, msgspec.structs.replace(lozere, territory="copy"))
    import_territory(engine, msgspec.structs.replace(lozere, trips=(), cancellations=()))
    assert read_territory(engine, "lozere").trips == ()
    assert read_territory(engine, "copy").trips == lozere.trips


def test_an_import_that_fails_leaves_the_old_territory(engine: Engine):
    lozere = load_territory(LOZERE)
    import_territory(engine, lozere)
    broken = msgspec.structs.replace(lozere, communes=(), phone=None)
    with pytest.raises(Exception, match="phone"):
        import_territory(engine, broken)
    assert read_territory(engine, "lozere") == lozere


def test_removing_a_territory_removes_its_parts(engine: Engine):
    import_territory(engine, load_territory(LOZERE))
    with engine.begin() as connection:
        connection.execute(schema.territory.delete())
        left = connection.execute(select(func.count()).select_from(schema.stop_time)).scalar_one()
    assert left == 0


def test_an_unknown_territory_is_said_with_what_to_do(engine: Engine):
    with pytest.raises(UnknownTerritory, match=r"'nowhere' is not in the records store.*settings"):
        read_territory(engine, "nowhere")


def test_the_migrations_make_the_tables_that_the_code_declares(engine: Engine):
    ours = {table.name for table in (*schema.PARTS.values(), schema.stop_time, schema.territory)}
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [d for d in differences if _table_of(d) in ours] == []


def _table_of(difference: object) -> str | None:
    """The table that a difference of Alembic is about."""
    while isinstance(difference, list):
        difference = difference[0]
    for item in difference[1:]:  # type: ignore[index]  # Alembic gives tuples
        name = getattr(item, "name", item)
        if name in metadata.tables:
            return str(name)
    return None

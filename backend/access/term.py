"""The term under which rights are published: each dispatcher that starts takes a higher one.

The highest term is kept in the records and, apart, in a file beside the signing key. Where the
file knows more than the records do, those were restored from a backup; versions then go on far
above whatever was given meanwhile, so that no number ever stands for two different contents.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from backend.access.door_records import raise_versions
from backend.access.errors import Superseded
from backend.access.keys import AccessKeys
from backend.records.schema import fact

_NAME = "access_term"
VERSIONS_LOST_AT_MOST = 100_000
"""More versions than a unit is given in ten years."""


def take_term(connection: Connection, keys: AccessKeys) -> tuple[int, bool]:
    """A term above all others, and whether the records turned out to be restored.

    Raises TermUnusable.
    """
    recorded, kept = read_term(connection), keys.highest_term()
    restored = kept > recorded
    term = max(recorded, kept) + 1
    row = {"name": _NAME, "value": str(term)}
    changed = connection.execute(update(fact).where(fact.c.name == _NAME).values(value=str(term)))
    if not changed.rowcount:
        connection.execute(insert(fact), row)
    if restored:
        raise_versions(connection, VERSIONS_LOST_AT_MOST)
    return term, restored


def read_term(connection: Connection) -> int:
    """The term taken last; 0 before the first."""
    value = connection.execute(select(fact.c.value).where(fact.c.name == _NAME)).scalar()
    return int(value) if value is not None else 0


def check_term(connection: Connection, mine: int) -> None:
    """Raises Superseded where another dispatcher has taken a higher term since."""
    now = read_term(connection)
    if now != mine:
        raise Superseded(mine, now)

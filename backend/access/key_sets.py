"""Which sets of master keys were ever made here: their fingerprints, never the keys."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from backend.access.errors import KeySetKnown, WrongKeySet
from backend.records.schema import fact

_NAME = "card_key_set_{}"
VERSIONS = range(1, 256)
"""The card shows the version of its keys in one byte; 0 is a blank card's."""


def remember_set(connection: Connection, version: int, fingerprint: str) -> None:
    """Note a new set. Raises KeySetKnown where that version was made before."""
    if known_sets(connection).get(version) is not None:
        raise KeySetKnown(version)
    row = {"name": _NAME.format(version), "value": fingerprint}
    connection.execute(insert(fact), row)


def known_sets(connection: Connection) -> dict[int, str]:
    """Fingerprints by version."""
    prefix = _NAME.format("")
    rows = connection.execute(
        select(fact.c.name, fact.c.value).where(fact.c.name.like(f"{prefix}%"))
    )
    return {int(str(name).removeprefix(prefix)): str(value) for name, value in rows}


def check_set(connection: Connection, version: int, fingerprint: str) -> None:
    """Raises WrongKeySet where the words put together are not the set that was made here."""
    known = known_sets(connection).get(version)
    if known != fingerprint:
        raise WrongKeySet(version, known is not None)


def next_version(connection: Connection) -> int:
    """The version of the next set."""
    return max(known_sets(connection), default=0) + 1

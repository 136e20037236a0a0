"""The errors of the ingest."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


class IngestError(Exception):
    """Base of everything this package raises."""


class StoreAway(IngestError, ConnectionError):
    """Nothing can be stored now; nothing is acknowledged and everything is tried again."""

    def __init__(self, which: str, why: str) -> None:
        self.which = which
        super().__init__(f"{which} cannot take anything now ({why}); nothing is acknowledged")


def records_away(error: DBAPIError) -> StoreAway:
    """The records store, away: locked, full or gone."""
    return StoreAway("the records store", str(error.orig).strip().splitlines()[0])

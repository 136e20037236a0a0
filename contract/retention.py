"""Retention classes: how long the time-series store keeps each kind of fact.

One database (InfluxDB 1.x, 3.x) or bucket (2.x) stands for each class, so that the store
itself forgets; nobody has to remember to delete.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A named duration; `days` is None where nothing expires."""

    name: str
    days: int | None

    @property
    def database(self) -> str:
        """Name of the database or bucket that holds this class."""
        return f"softplace_{self.name}"


TWO_MONTHS = RetentionClass("2_months", 62)
THREE_MONTHS = RetentionClass("3_months", 93)
ONE_YEAR = RetentionClass("1_year", 366)
TWO_YEARS = RetentionClass("2_years", 731)
REPLAY = RetentionClass("replay", None)

RETENTION_CLASSES = (TWO_MONTHS, THREE_MONTHS, ONE_YEAR, TWO_YEARS, REPLAY)

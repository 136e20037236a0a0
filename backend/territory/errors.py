"""The errors of this room."""

from __future__ import annotations


class TerritoryError(Exception):
    """Base of everything this package raises."""


class UnknownTerritory(TerritoryError, LookupError):
    """The records store has no such territory."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(
            f"territory {slug!r} is not in the records store; "
            "name its file as territory_file in the settings"
        )


class UnknownTimezone(TerritoryError, ValueError):
    """The territory's time zone is not one of the IANA database."""

    def __init__(self, slug: str, timezone: str) -> None:
        self.slug = slug
        self.timezone = timezone
        super().__init__(
            f"territory {slug!r}: time zone {timezone!r} is unknown; write for example Europe/Paris"
        )

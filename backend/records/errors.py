"""The errors of the records store."""

from __future__ import annotations


class RecordsError(Exception):
    """Base of everything this package raises."""


class RecordsUnavailable(RecordsError, ConnectionError):
    """The store cannot be opened now; the password in its address is never repeated."""

    def __init__(self, shown: str, why: str) -> None:
        self.shown = shown
        self.why = why
        super().__init__(
            f"records store {shown} cannot be opened: {why}; check `records.url` in the settings, "
            "that the folder or the server exists, and that we may write there"
        )


class RecordsRefused(RecordsError, ValueError):
    """An address of a store that is of no use to us."""

    def __init__(self, shown: str, why: str) -> None:
        self.shown = shown
        super().__init__(
            f"records store {shown}: {why}; write sqlite:///path or postgresql+psycopg://host/name"
        )

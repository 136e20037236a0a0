"""The errors of the time-series store."""

from __future__ import annotations


class TelemetryError(Exception):
    """Base of everything this package raises."""


class TelemetryUnavailable(TelemetryError, ConnectionError):
    """The store (and, on writing, its spool too) cannot take or tell anything now; try again."""


class TelemetryRefused(TelemetryError, PermissionError):
    """The store is there and will not do it until somebody changes a setting; says which."""


class LinesRefused(TelemetryError, ValueError):
    """The server will never take some of these lines; `dropped` of them where it says so."""

    def __init__(self, database: str, reason: str, dropped: int | None) -> None:
        self.database = database
        self.reason = reason
        self.dropped = dropped
        super().__init__(f"database {database}: {reason}")


class BodyTooLarge(TelemetryError, ValueError):
    """The server takes no request of this size; fewer lines at a time may pass."""

    def __init__(self, database: str, size: int) -> None:
        self.database = database
        self.size = size
        super().__init__(f"database {database}: the server takes no {size} bytes at once")

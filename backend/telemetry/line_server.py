"""What a server that speaks line protocol and InfluxQL must do for us, whatever its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from backend.telemetry.errors import (
    BodyTooLarge,
    LinesRefused,
    TelemetryError,
    TelemetryRefused,
    TelemetryUnavailable,
)

MAX_LINES = 5_000
"""Lines of one request: measured best for InfluxDB 1.6 and recommended for 2."""


class LineServer(Protocol):
    """A server of one version. Used by two threads at once: live rows and the spool."""

    @property
    def shown(self) -> str:
        """Its name and address, without secrets."""
        ...

    def prepare(self) -> None:
        """Create or check what each retention class needs.

        Raises TelemetryUnavailable, and TelemetryRefused with what to do.
        """
        ...

    def write(self, database: str, body: bytes) -> None:
        """Return when the server has made the lines durable.

        Raises LinesRefused, BodyTooLarge, TelemetryUnavailable, and TelemetryRefused where the
        server will not let us in or has no such database and may not be given one.
        """
        ...

    def select(self, database: str, influxql: str) -> list[dict[str, Any]]:
        """Rows of all series, times in nanoseconds. Raises as `write`, save for lines."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def failure_of(
    shown: str, database: str, status: int, body: bytes, size: int = 0
) -> TelemetryError:
    """The error that a refusal stands for; never one that hides what the server said."""
    said = words_of(body)
    if status in {400, 422}:
        reason = re.sub(r"\s*\bdropped=\d+", "", said)
        return LinesRefused(database, reason, dropped_of(said))
    if status in {401, 403}:
        return TelemetryRefused(
            f"{shown} does not let us use database {database} ({status}: {said}); "
            "check the user name and password, or the token, and its rights"
        )
    if status == 404:
        return TelemetryRefused(
            f"{shown} has no database {database} ({said}); restart SoftPlace or create it"
        )
    if status == 413:
        return BodyTooLarge(database, size)
    return TelemetryUnavailable(f"{shown} answered {status}: {said}")


def query_failure_of(shown: str, database: str, status: int, body: bytes) -> TelemetryError:
    """The same where something was asked and no lines were sent."""
    failure = failure_of(shown, database, status, body)
    if isinstance(failure, LinesRefused | BodyTooLarge):
        return TelemetryUnavailable(f"{shown} cannot answer: {failure}")
    return failure


def words_of(body: bytes) -> str:
    """What a server says of its refusal, on one line of bounded length, quoting no data."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = body.decode(errors="replace")
    if isinstance(told, Mapping):
        told = told.get("error") or told.get("message") or told
    without_data = re.sub(r"unable to parse '.*?': ", "unable to parse a line: ", str(told))
    return " ".join(without_data.split())[:500]


def dropped_of(said: str) -> int | None:
    """How many lines the server says it did not take."""
    found = re.search(r"\bdropped=(\d+)", said)
    return int(found.group(1)) if found else None

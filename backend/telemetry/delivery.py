"""Giving lines to a server that may refuse some of them for good."""

from __future__ import annotations

from collections.abc import Sequence

from backend.telemetry.errors import BodyTooLarge, LinesRefused
from backend.telemetry.line_server import LineServer

EXPIRED = "beyond retention policy"
"""What a server says of points older than their class keeps: no loss, and not to be kept."""


def deliver(server: LineServer, database: str, lines: Sequence[bytes]) -> dict[bytes, str]:
    """Give all `lines`; returns those refused for good, with the server's reason.

    A refused request is halved until the bad lines stand alone, sorted first so that lines of
    one measurement, which are mostly bad together, stay together. The server has taken the
    good lines of a refused request already; they are sent again, which changes nothing.
    Raises TelemetryUnavailable and TelemetryRefused, after which all of it is to be sent again.
    """
    try:
        server.write(database, b"\n".join(lines))
    except LinesRefused as refusal:
        if _all_refused(lines, refusal):
            return dict.fromkeys(lines, refusal.reason)
    except BodyTooLarge as refusal:
        if len(lines) == 1:
            return {lines[0]: str(refusal)}
    else:
        return {}
    ordered = sorted(lines)
    half = len(ordered) // 2
    return deliver(server, database, ordered[:half]) | deliver(server, database, ordered[half:])


def is_expired(reason: str) -> bool:
    """Whether the refusal only says that the point is older than its class keeps."""
    return EXPIRED in reason


def _all_refused(lines: Sequence[bytes], refusal: LinesRefused) -> bool:
    """Whether no line of the request was taken."""
    if len(lines) == 1:
        return True
    return refusal.dropped == len(lines) == len(set(lines))

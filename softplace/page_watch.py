"""Whether the landing page lives: it answers, and a vehicle on it has been heard."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

ANSWER_WITHIN_S = 2.0
FRESH_MS = 90_000
"""A position that is shown as live is no older."""


def page_is_alive(url: str, *, vehicles: bool) -> bool:
    """Whether `url` answers and, where asked, a vehicle has just been heard."""
    try:
        if not vehicles:
            return bool(_get(url))
        return heard(json.loads(_get(f"{url}api/vehicles")))
    except (OSError, ValueError, urllib.error.HTTPError):
        return False


def heard(answer: object) -> bool:
    """Whether a vehicle of `/api/vehicles` has a position that is not old."""
    match answer:
        case {"now_ms": int(now_ms), "vehicles": list(vehicles)}:
            seen = [v.get("observed_ms") for v in vehicles if isinstance(v, dict)]
            return any(isinstance(at, int) and now_ms - at < FRESH_MS for at in seen)
        case _:
            return False


def _get(url: str) -> bytes:
    # S310: the address is our own, on this machine.
    with urllib.request.urlopen(url, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content

"""How far the simulated time of an installation has come, over restarts and crashes."""

from __future__ import annotations

import json
from pathlib import Path

from softplace.credentials import write_secret

FILE_NAME = "clock.json"
AHEAD_REAL_S = 15.0
"""A crash forgets at most this much real time; so much is claimed ahead, so that the time after
a crash is never before what was already measured."""
SAVE_EVERY_S = 5.0


def read_reached_ms(data: Path) -> int | None:
    """The simulated UTC ms that was reached, or None on a new installation.

    A damaged file counts as none: the demonstration starts anew, and what is newer in the store
    stays the newest.
    """
    try:
        reached = json.loads((data / FILE_NAME).read_text(encoding="utf-8"))["reached_ms"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return reached if isinstance(reached, int) else None


def write_reached_ms(data: Path, reached_ms: int) -> None:
    """Remember the simulated time at a clean stop."""
    write_secret(data / FILE_NAME, json.dumps({"reached_ms": reached_ms}) + "\n")


def claim_ms(data: Path, now_ms: int, speed: float) -> None:
    """Remember a little more than the simulated time, while it runs."""
    write_reached_ms(data, now_ms + round(AHEAD_REAL_S * speed * 1_000))

"""Named points at which a test may pull the plug on this very process.

"Nothing is lost" is only worth something where the program dies at its worst moment, and the
worst moments are known by name. A process started with `SOFTPLACE_CRASH_POINT=name:n` kills
itself (SIGKILL, as a power cut does) the n-th time it reaches that point; without the variable
`reach` is one comparison.
"""

from __future__ import annotations

import os
import signal

ROW_WRITTEN_NOT_SYNCED = "row-written-not-synced"
STORED_NOT_ACKNOWLEDGED = "stored-not-acknowledged"
ACKNOWLEDGED_NOT_CONFIRMED = "acknowledged-not-confirmed"
CONFIRMED_NOT_FORGOTTEN = "confirmed-not-forgotten"
JOURNALLED_NOT_OPENED = "journalled-not-opened"

CRASH_POINTS = (
    ROW_WRITTEN_NOT_SYNCED,
    STORED_NOT_ACKNOWLEDGED,
    ACKNOWLEDGED_NOT_CONFIRMED,
    CONFIRMED_NOT_FORGOTTEN,
    JOURNALLED_NOT_OPENED,
)

_armed_name, _, _armed_count = os.environ.get("SOFTPLACE_CRASH_POINT", "").partition(":")
_remaining = int(_armed_count or 1)


def reach(name: str) -> None:
    """Die here if this point is armed and has now been reached often enough."""
    if name != _armed_name:
        return
    global _remaining  # noqa: PLW0603 - the countdown belongs to the process, as its death does
    _remaining -= 1
    if _remaining <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

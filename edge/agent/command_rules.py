"""Whether a command may run. Pure.

Rules of this file: a command runs at most once and never after its end. Where the time is sure,
that is all. Where it is not, the latest time ever known here is the floor, and only commands run
that cannot harm when a hostile broker held them back: a device without a clock can be helped, but
never be made to open.
"""

from __future__ import annotations

from typing import Literal

from contract.downlink import Command

LONGEST_LIFE_MS = 48 * 3_600_000
"""A command that lived longer would have to be remembered longer."""

Refusal = Literal["expired", "repeated", "clock_unknown", "lives_too_long", "unknown_command"]


def refusal_of(
    command: Command,
    *,
    known: bool,
    clockless: bool,
    repeated: bool,
    now_ms: int | None,
    floor_ms: int,
) -> Refusal | None:
    """Why `command` may not run, or None.

    Args:
        command: as it was signed.
        known: whether this unit has a handler for it.
        clockless: whether it may run without a trusted clock.
        repeated: whether its nonce was taken before.
        now_ms: UTC milliseconds by a trusted clock, None without one.
        floor_ms: the latest time that was ever sure here.
    """
    if repeated:
        return "repeated"
    if command.expires_ms <= max(now_ms or 0, floor_ms):
        return "expired"
    if now_ms is not None and command.expires_ms - now_ms > LONGEST_LIFE_MS:
        return "lives_too_long"
    if not known:
        return "unknown_command"
    if now_ms is None and not clockless:
        return "clock_unknown"
    return None

"""Whether a device's journal is here without a gap.

Rules of this file: pure. Taps are numbered in each journal without a gap from 1; each run of a
device writes journals of its own. A gap may fill itself, newest taps come first; only one that
lasts is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GRACE_MS = 30 * 60_000
"""A device that has sent a later entry sends the missing ones in the same session."""


@dataclass(frozen=True, slots=True)
class JournalState:
    """Entries 1 to `contiguous` are here, `chain` is the chain at that entry."""

    contiguous: int = 0
    chain: str = ""
    highest: int = 0
    missing_since_ms: int | None = None


def state_after(
    state: JournalState, entries: Iterable[tuple[int, str]], now_ms: int
) -> JournalState:
    """The state with more entries (number, chain), in order of numbers; known ones may recur."""
    contiguous, chain, highest = state.contiguous, state.chain, state.highest
    for number, of_entry in entries:
        highest = max(highest, number)
        if number == contiguous + 1:
            contiguous, chain = number, of_entry
    since_ms = None
    if contiguous < highest:
        since_ms = now_ms if state.missing_since_ms is None else state.missing_since_ms
    return JournalState(contiguous, chain, highest, since_ms)


def is_overdue(state: JournalState, now_ms: int) -> bool:
    """Whether a gap has lasted too long."""
    return state.missing_since_ms is not None and now_ms >= state.missing_since_ms + GRACE_MS

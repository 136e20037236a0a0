"""At which point of the space a card is decided: a locker it has a right to, or the room.

Rules of this file: pure. The choice only picks the question; the decision is the co-pass's, and
is made on the proven card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contract.rights import Right


def locker_for(
    lockers: Collection[str], rights: Iterable[Right], held: str | None, now_ms: int | None
) -> str | None:
    """The locker that this card is about, if it is about one.

    Who has equipment out of a locker comes to put it back; else the locker of the right that
    holds now, or whose time comes next.
    """
    if held in lockers:
        return held
    named = [
        (_waits_ms(right, now_ms), right.right_id, point)
        for right in rights
        for point in right.points
        if point in lockers and not _is_over(right, now_ms)
    ]
    return min(named)[2] if named else None


def _waits_ms(right: Right, now_ms: int | None) -> int:
    return 0 if now_ms is None else max(right.starts_ms - now_ms, 0)


def _is_over(right: Right, now_ms: int | None) -> bool:
    return now_ms is not None and right.ends_ms is not None and right.ends_ms <= now_ms

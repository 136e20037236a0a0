"""Who is in by tap: pseudonyms of cards, for a day and no longer.

Rules of this file: pure. A reader that knows its direction says in or out; at one that does not,
the second tap of a card is its leaving.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

MOST_PEOPLE = 2_000
"""More cards than any room holds; a fault must not fill the memory."""


class People:
    """The set of those who are in."""

    def __init__(self, inside: Iterable[str] = ()) -> None:
        self._inside = dict.fromkeys(inside)

    def direction_of(self, holder: str, told: Literal["in", "out"] | None) -> Literal["in", "out"]:
        """What a tap of this card is."""
        if told is not None:
            return told
        return "out" if holder in self._inside else "in"

    def tap(self, holder: str, direction: Literal["in", "out"]) -> bool:
        """Whether the tap changed who is in."""
        if direction == "out":
            return self._inside.pop(holder, "absent") is None
        if holder in self._inside or len(self._inside) >= MOST_PEOPLE:
            return False
        self._inside[holder] = None
        return True

    def clear(self) -> None:
        """The day is over: nobody is known any more."""
        self._inside.clear()

    def inside(self) -> tuple[str, ...]:
        """For the file; the longest inside first."""
        return tuple(self._inside)

    def __len__(self) -> int:
        return len(self._inside)

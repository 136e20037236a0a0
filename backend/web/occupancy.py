"""How many people a space says it holds, in honest words. Pure."""

from __future__ import annotations

from typing import NamedTuple

from backend.live.model import UnitState
from backend.web.formats import Language, spaced
from backend.web.words import say
from contract.uplink import Occupancy

_EXACT, _WIDE = 0, 4
"""A bound wider than this and than the number itself leaves nothing to be said."""


class Counted(NamedTuple):
    """The newest count of a unit; the true number lies within `error` of `persons`."""

    persons: int
    error: int
    observed_ms: int


def occupancy_of(state: UnitState) -> Counted | None:
    """The count of a unit that is heard; None where it never counted or is silent."""
    held = state.newest.get("occupancy")
    if held is None or state.presence != "online":
        return None
    observed_ms, said = held
    if not isinstance(said, Occupancy):
        return None
    return Counted(said.persons, said.error_persons, observed_ms)


def persons(counted: Counted, language: Language) -> str:
    """The count in words: "3 personnes", "3 personnes, à 2 près", or that it is not known."""
    if counted.error > max(_WIDE, counted.persons):
        return say(language, "persons_unknown")
    word = {0: "persons_none", 1: "persons_one"}.get(counted.persons, "persons")
    text = say(language, word, n=counted.persons)
    if counted.error > _EXACT:
        text += say(language, "persons_within", n=counted.error)
    return spaced(text, language)

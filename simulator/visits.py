"""Who is in a space on a day: invented visits within its opening hours.

Rules of this file: pure. Chance comes from the seed, the date and the space alone, so the same
seed gives the same day, whatever was asked before.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

from contract.territory_file import Space
from simulator.duty import midnight_ms

VISITORS = (9, 16)
"""Least and most in a day."""
SHORT_MIN = (20.0, 90.0)
LONG_MIN = (120.0, 420.0)
LONG_SHARE = 0.6
EARLY_MIN = 20.0
"""Some stand at the door when it opens."""
EARLY_SHARE = 0.3
LAST_OUT_MIN = 5.0
"""Who closes up is out so long before the end."""


class Visit(NamedTuple):
    """One person, from coming in to going out; UTC milliseconds."""

    in_ms: float
    out_ms: float


def visits_of(space: Space, day: date, timezone: str, seed: int) -> tuple[Visit, ...]:
    """The visits of `day`, none where the space stays closed."""
    if day.isoweekday() not in space.weekdays:
        return ()
    # S311: visits need no secret.
    random = Random(f"{seed} {day} {space.unit} visits")  # noqa: S311
    midnight = midnight_ms(day, timezone)
    return tuple(_visit(space, midnight, random) for _ in range(random.randint(*VISITORS)))


def inside_at(visits: tuple[Visit, ...], at_ms: float) -> int:
    """How many are inside at `at_ms`."""
    return sum(visit.in_ms <= at_ms < visit.out_ms for visit in visits)


def _visit(space: Space, midnight: int, random: Random) -> Visit:
    last_min = space.closes_min - LAST_OUT_MIN
    if random.random() < EARLY_SHARE:
        in_min = space.opens_min + random.uniform(0.0, EARLY_MIN)
    else:
        in_min = random.uniform(space.opens_min, last_min - SHORT_MIN[0])
    span_min = LONG_MIN if random.random() < LONG_SHARE else SHORT_MIN
    out_min = min(in_min + random.uniform(*span_min), last_min)
    return Visit(midnight + in_min * 60_000, midnight + out_min * 60_000)

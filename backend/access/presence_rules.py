"""Who is in a place, by taps.

Rules of this file: pure; by time of measurement: a tap older than the one known changes nothing,
so the state is a function of the set of taps, whatever their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.uplink import Tap


@dataclass(frozen=True, slots=True)
class Present:
    """Whether somebody is in, since when, and when that was last measured (UTC ms)."""

    is_in: bool
    since_ms: int
    observed_ms: int


def presence_after(known: Present | None, tap: Tap) -> Present | None:
    """The state after a tap; `known` unchanged where it says nothing new.

    A granted tap without a direction is one at the way in: leaving is by a button.
    """
    if tap.decision != "granted" or tap.clock == "unset":
        return known
    if known is not None and tap.observed_ms <= known.observed_ms:
        return known
    is_in = tap.direction != "out"
    if known is not None and known.is_in == is_in:
        return Present(is_in, known.since_ms, tap.observed_ms)
    return Present(is_in, tap.observed_ms, tap.observed_ms)

"""What counting hears: each event equals itself only, so that one told twice is known."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Passed(NamedTuple):
    """Someone went in or out, as one source saw it."""

    at_ms: int
    """Of the boot clock, as are all times of this package."""
    way: str
    """The way of counting that it belongs to: "beams", "taps"."""
    source: str
    """The door, reader or sensor; in one millisecond it sees one passage."""
    direction: Literal["in", "out"]


class Unclear(NamedTuple):
    """One or none went in or out; the source cannot tell."""

    at_ms: int
    way: str
    source: str


class Seen(NamedTuple):
    """At least `persons` are inside, as a presence sensor or the like knows for certain."""

    at_ms: int
    source: str
    persons: int = 1


Event = Passed | Unclear | Seen

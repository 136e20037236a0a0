"""What is known of devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

UNEXPLAINED_GAP = "unexplained_gap"
IDENTITY_CONFLICT = "identity_conflict"
CLOCK_AHEAD = "clock_ahead"
JOURNAL_BROKEN = "journal_broken"
JOURNAL_GAP = "journal_gap"


class SpokenSession(NamedTuple):
    """The session of a unit ("bus/b1") that spoke last.

    `since_ms` is when it began to; it is `lost` when its will has been spoken since.
    """

    unit: str
    outbox: str
    boot: str
    session: int
    version: str
    since_ms: int
    lost: bool = False


class KnownOutbox(NamedTuple):
    """An outbox that has said hello."""

    outbox: str
    boot: str
    session: int
    renewed: bool
    """Its last hello was answered with `renew`."""
    hello_ms: int


class StreamKey(NamedTuple):
    """One numbered stream of one outbox of a unit ("bus/b1")."""

    unit: str
    outbox: str
    stream: str


class GapWatch(NamedTuple):
    """Nothing below `below_seq` is held any more; by `due_ms` what is missing is explained."""

    key: StreamKey
    below_seq: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class DeviceAlarm:
    """Something about a device that a person should look at."""

    unit: str
    alarm: str
    subject: str
    """What of the unit it is about; with unit and alarm it names one alarm."""
    detail: str
    since_ms: int
    last_ms: int
    cleared_ms: int | None = None

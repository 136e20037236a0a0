"""The streams of a unit: one row each, and nothing about a stream stands anywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from contract.retention import ONE_YEAR, THREE_MONTHS, TWO_MONTHS, TWO_YEARS, RetentionClass
from contract.uplink import Ack, Alarm, Health, Occupancy, Position, Status, Tap, Wifi


@dataclass(frozen=True, slots=True)
class Stream:
    """How one kind of message travels and how long it is kept."""

    name: str
    number: int
    """Stands for the stream in the outbox file; never reused, never changed."""
    lane: int
    """Lower goes first."""
    retained: bool
    retention: RetentionClass
    message: type
    max_bytes: int
    urgent: bool = False
    """Synced and sent at once, not with the next batch."""


STREAMS = (
    Stream("alarm", 1, 0, False, ONE_YEAR, Alarm, 1_024, urgent=True),
    Stream("status", 2, 0, True, ONE_YEAR, Status, 8_192),
    Stream("tap", 3, 1, False, THREE_MONTHS, Tap, 1_024, urgent=True),
    Stream("ack", 4, 1, False, ONE_YEAR, Ack, 16_384),
    Stream("position", 5, 2, True, TWO_MONTHS, Position, 1_024),
    Stream("occupancy", 6, 3, True, TWO_YEARS, Occupancy, 1_024),
    Stream("wifi", 7, 4, False, TWO_YEARS, Wifi, 1_024),
    Stream("health", 8, 5, False, ONE_YEAR, Health, 1_024),
)

BY_NAME = {stream.name: stream for stream in STREAMS}
BY_MESSAGE = {stream.message: stream for stream in STREAMS}

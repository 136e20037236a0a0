"""What a link knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """Messages of one stream in this run, resends not counted twice."""

    put: int = 0
    published: int = 0
    """Handed to the broker."""
    acknowledged: int = 0
    """Acknowledged by the broker: a promise of nothing."""
    confirmed: int = 0
    """Stored, refused or explained, by the word of the ingest."""


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """The state of a link at one moment."""

    connected: bool
    """The broker holds our connection and the ingest has answered hello."""
    depth: int
    """Messages not confirmed, those not yet numbered included."""
    oldest_age_s: float | None
    """Age of the oldest unconfirmed message, where it can be told."""
    round_trip_s: float | None
    outbox_id: str
    session: int
    streams: Mapping[str, StreamCounts] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Per stream: deleted unstored by the size policy."""
    never_numbered: int = 0
    """Readings that found the disk full and memory too."""
    refused: int = 0
    """Messages the backend lately quarantined."""

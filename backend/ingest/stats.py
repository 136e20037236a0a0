"""What an ingest has done since its start."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.ingest.outcome import Outcome


@dataclass(slots=True)
class IngestStats:
    """Counters since the start; messages unless said otherwise."""

    connected: bool = False
    trouble: str | None = None
    """Why there is no broker or no store now."""
    received: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    """By reason: topic, oversized, malformed."""
    explained: int = 0
    """Numbers that units reported as lost."""
    hellos: int = 0
    wills: int = 0
    batches: int = 0
    confirmations: int = 0
    waiting: int = 0
    """Received and not yet committed."""
    spooled: int = 0
    """Rows on disk that wait for the store."""

    def count(self, outcome: Outcome) -> None:
        """Add what a batch came to."""
        self.batches += 1
        self.accepted += outcome.accepted
        self.duplicates += outcome.duplicates
        self.explained += outcome.explained
        self.hellos += outcome.hellos
        self.wills += outcome.wills
        for reason, number in outcome.quarantined.items():
            self.quarantined[reason] = self.quarantined.get(reason, 0) + number

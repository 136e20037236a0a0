"""What one batch came to, as the service acts on it after the commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.ingest.decide import Verdict
from contract.backend import LostContact
from contract.downlink import Stored

Spoken = tuple[str, str]
"""A unit ("bus/b1") and one of its outboxes."""


@dataclass(slots=True)
class Outcome:
    """Everything that follows from a commit; nothing of it may happen before."""

    received_ms: int
    verdicts: list[Verdict] = field(default_factory=list)
    lost_contact: list[LostContact] = field(default_factory=list)
    touched: set[Spoken] = field(default_factory=set)
    """Whose confirmation is due within the debounce."""
    urgent: set[Spoken] = field(default_factory=set)
    """Whose confirmation is due now."""
    answers: list[tuple[str, Stored]] = field(default_factory=list)
    """Answers to hellos, by unit."""
    epoch_drawn: bool = False
    """Every known unit is to be told."""
    notices: list[str] = field(default_factory=list)
    """Lines for the log, each said once."""
    lag_ms: int = 0
    """How old the newest live message of the batch was: about how long messages wait before us."""
    quarantined: dict[str, int] = field(default_factory=dict)
    refused_again: int = 0
    explained: int = 0
    hellos: int = 0
    wills: int = 0

    @property
    def accepted(self) -> int:
        """Messages stored now, each for the first time."""
        return sum(len(verdict.numbers) for verdict in self.verdicts)

    @property
    def duplicates(self) -> int:
        """Messages that were settled before."""
        return sum(verdict.duplicates for verdict in self.verdicts) + self.refused_again

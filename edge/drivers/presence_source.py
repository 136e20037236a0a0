"""Sensors that see whether somebody is there, and some how many: what every one of them offers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class PresenceSource(Protocol):
    """One sensor. Survives its loss; says each once in the log."""

    name: str

    def presences(self) -> AsyncIterator[int | None]:
        """How many are seen at least, whenever that changes; None while the sensor is lost."""
        ...

"""Sensors that see whether somebody is there: what every one of them offers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class PresenceSource(Protocol):
    """One sensor. Survives its loss; says each once in the log."""

    name: str

    def presences(self) -> AsyncIterator[bool | None]:
        """Whether somebody is seen, whenever that changes; None while the sensor is lost."""
        ...

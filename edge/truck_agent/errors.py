"""The errors of the truck agent."""

from __future__ import annotations

from pathlib import Path


class TruckAgentError(Exception):
    """Base of everything this package raises."""


class InvalidConfig(TruckAgentError, ValueError):
    """A configuration file that cannot be used; names the file and the key."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")

"""The errors that every agent may raise."""

from __future__ import annotations

from pathlib import Path


class AgentError(Exception):
    """Base of everything this package raises."""


class InvalidConfig(AgentError, ValueError):
    """A configuration file that cannot be used; names the file and the key."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")

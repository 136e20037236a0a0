"""The errors of devices and their keys."""

from __future__ import annotations

from pathlib import Path


class DevicesError(Exception):
    """Base of everything this package raises."""


class KeyUnusable(DevicesError, OSError):
    """A key file of the territory that cannot be used; never replaced by another on its own."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"key {path}: {why}; put its backup back (a new key would be a stranger to every"
            " device that is in service)"
        )

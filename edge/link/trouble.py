"""Says once that something broke, and once that it healed."""

from __future__ import annotations

import logging


class Trouble:
    """One thing that can break; a different sentence is a different trouble."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said: str | None = None

    def broke(self, sentence: str) -> None:
        """Log `sentence`, unless it was the last thing said."""
        if sentence != self._said:
            self._logger.error("%s", sentence)
            self._said = sentence

    def healed(self, sentence: str) -> None:
        """Log `sentence`, if anything was broken."""
        if self._said is not None:
            self._logger.warning("%s", sentence)
            self._said = None

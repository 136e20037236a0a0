"""Says once that something broke, and once that it healed."""

from __future__ import annotations

import logging


class Trouble:
    """One thing that can break; each sentence about it is said once until it heals."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said: set[str] = set()

    def broke(self, sentence: str) -> None:
        """Log `sentence`, unless it was said since the last healing."""
        if sentence not in self._said:
            self._logger.error("%s", sentence)
            self._said.add(sentence)

    def healed(self, sentence: str) -> None:
        """Log `sentence`, if anything was broken."""
        if self._said:
            self._logger.warning("%s", sentence)
            self._said.clear()

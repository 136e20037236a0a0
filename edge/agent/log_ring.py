"""The last lines of the log, in memory: what a person far away wants to see first."""

from __future__ import annotations

import logging
from collections import deque

MOST_LINES = 1_000
MOST_CHARACTERS = 300
"""Of one line: a traceback is many lines, a message of ours is one."""


class LogRing(logging.Handler):
    """Keeps the newest lines; at most 300 KB."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._lines.append(line[:MOST_CHARACTERS])

    def last(self, lines: int) -> str:
        """The newest `lines`, oldest first."""
        kept = list(self._lines)
        return "".join(f"{line}\n" for line in kept[-lines:]) if lines > 0 else ""

"""The mode of a door over power cuts: one word in a file."""

from __future__ import annotations

import logging
from pathlib import Path

from edge.copass.decision import MODES, Mode
from edge.copass.durable_files import Files

_log = logging.getLogger(__name__)


class ModeFile:
    """Reads and writes the mode."""

    def __init__(self, path: Path, files: Files) -> None:
        self._path = path
        self._files = files

    def read(self) -> Mode:
        """The last mode that was set; normal where none can be read."""
        try:
            word = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return "normal"
        return next((mode for mode in MODES if mode == word), "normal")

    def keep(self, mode: Mode) -> None:
        """Write it; a disk that refuses is said, the mode is in force all the same."""
        try:
            self._files.replace(self._path, f"{mode}\n".encode())
        except OSError as error:
            _log.warning("mode=not_kept path=%s why=%s", self._path, error.strerror)

"""A small thing that outlives the program: one JSON file of its owner, replaced as a whole."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from edge.agent.identity_files import write_file
from edge.link.trouble import Trouble

_log = logging.getLogger(__name__)

T = TypeVar("T")


class KeptFile(Generic[T]):
    """One value of type `form`; None where there is none that can be read."""

    def __init__(self, path: Path, form: type[T]) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(form)
        self._trouble = Trouble(_log)

    def read(self) -> T | None:
        """The value as it was last written."""
        try:
            return self._decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("kept=unreadable path=%s why=%s", self._path, error)
            return None

    def write(self, value: T | None) -> None:
        """Keep it; None forgets it. A disk that fails is said once and survived."""
        try:
            if value is None:
                self._path.unlink(missing_ok=True)
            else:
                write_file(self._path, msgspec.json.encode(value))
        except OSError as error:
            self._trouble.broke(f"kept=unwritable path={self._path} why={error.strerror}")
            return
        self._trouble.healed(f"kept=written path={self._path}")

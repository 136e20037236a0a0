"""The odometer over restarts: one number in a small file beside the outbox.

Written at most every five minutes and when the vehicle parks, because an SD card dies of
writing; a power cut costs the metres since.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
from pathlib import Path

WRITE_EVERY_MS = 300_000
LEAST_M = 1.0

_log = logging.getLogger(__name__)


class OdometerFile:
    """Restores and keeps the reading in metres."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept_m = 0.0
        self._kept_ms: int | None = None
        self._is_failing = False

    def restore(self) -> float:
        """The reading at the last writing; 0 where there is none that can be read."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            metres = float(json.loads(self._path.read_text(encoding="utf-8"))["metres"])
            if math.isfinite(metres) and metres >= 0:
                self._kept_m = metres
        return self._kept_m

    def keep(self, metres: float, now_ms: int, *, at_once: bool = False) -> None:
        """Write where it is time, or `at_once`, and there is something new."""
        if self._kept_ms is None:
            self._kept_ms = now_ms
        late = now_ms - self._kept_ms >= WRITE_EVERY_MS
        if abs(metres - self._kept_m) < LEAST_M or not (late or at_once):
            return
        self._kept_ms = now_ms
        try:
            self._write(metres)
        except OSError as error:
            if not self._is_failing:
                _log.warning("odometer=unwritable path=%s why=%s", self._path, error.strerror)
            self._is_failing = True
            return
        if self._is_failing:
            _log.warning("odometer=written path=%s", self._path)
        self._is_failing = False
        self._kept_m = metres

    def _write(self, metres: float) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("w", encoding="utf-8") as opened:
            json.dump({"metres": round(metres, 1)}, opened)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(self._path)

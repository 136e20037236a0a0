"""What counting knows, over restarts and power cuts: one small file, written rarely.

At most every five minutes while people pass, at each zero and when told to stop. After a
restart the bound grows by what may have passed unseen since the last writing.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.counting.estimate import EstimateState

WRITE_EVERY_MS = 300_000
LEAST_LOST_PERSONS = 2
"""Of a restart within seconds: a door lets through that many while nobody looks."""

_log = logging.getLogger(__name__)


class Kept(Struct, frozen=True):
    """The content of the file."""

    boot: str
    """The boot of the machine in which `kept_boot_ms` was read."""
    kept_boot_ms: int
    estimate: EstimateState
    busiest: int = 0
    """The most passages between two writings so far."""
    zeroed_on: str | None = None
    """The service day of the last zero by night (ISO 8601)."""


class StateFile:
    """Restores and keeps `Kept`."""

    def __init__(self, path: Path, boot: str) -> None:
        self._path = path
        self._boot = boot
        self._kept_ms: int | None = None
        self._kept: EstimateState | None = None
        self._busiest = 0
        self._passages = 0
        self._is_failing = False

    def restore(self) -> Kept | None:
        """What was kept; None where there is nothing that can be read."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
            self._busiest, self._kept = kept.busiest, kept.estimate
            return kept
        return None

    def unseen_persons(self, kept: Kept, now_boot_ms: int) -> int | None:
        """How many may have passed unseen since; None where the machine was off: any number."""
        if kept.boot != self._boot:
            return None
        writings = max(now_boot_ms - kept.kept_boot_ms, 0) / WRITE_EVERY_MS
        return LEAST_LOST_PERSONS + math.ceil(writings * kept.busiest)

    def passed(self) -> None:
        """Somebody went through a door."""
        self._passages += 1

    def keep(
        self,
        estimate: EstimateState,
        zeroed_on: str | None,
        now_boot_ms: int,
        *,
        at_once: bool = False,
    ) -> None:
        """Write where it is time, or `at_once`, and there is something new."""
        if self._kept_ms is None:
            self._kept_ms = now_boot_ms
        late = now_boot_ms - self._kept_ms >= WRITE_EVERY_MS
        if estimate == self._kept or not (late or at_once):
            return
        self._kept_ms = now_boot_ms
        self._busiest, self._passages = max(self._busiest, self._passages), 0
        kept = Kept(self._boot, now_boot_ms, estimate, self._busiest, zeroed_on)
        try:
            self._write(msgspec.json.encode(kept))
        except OSError as error:
            if not self._is_failing:
                _log.warning("counting=unwritable path=%s why=%s", self._path, error.strerror)
            self._is_failing = True
            return
        if self._is_failing:
            _log.warning("counting=written path=%s", self._path)
        self._is_failing = False
        self._kept = estimate

    def _write(self, content: bytes) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(self._path)

"""The latest known time over power cuts: a small sealed file, rarely written."""

from __future__ import annotations

import logging

import msgspec

from edge.copass.at_rest import SealedFile
from edge.copass.errors import DamagedFile
from edge.copass.time_keeper import STORE_EVERY_MS, KeptTime

KEEP_AFTER_MS = STORE_EVERY_MS - 60_000
"""Whoever looks at the time each minute has it kept within STORE_EVERY_MS."""

_log = logging.getLogger(__name__)
_decoder = msgspec.msgpack.Decoder(tuple[int, int])


class KeptTimeFile:
    """Reads and writes one `KeptTime`."""

    def __init__(self, file: SealedFile) -> None:
        self._file = file
        self._kept_boot_ms: int | None = None
        self._is_failing = False

    def read(self) -> KeptTime:
        """What was last kept; the beginning of time where nothing can be read."""
        try:
            data = self._file.read()
            return KeptTime() if data is None else KeptTime(*_decoder.decode(data))
        except (DamagedFile, msgspec.DecodeError) as error:
            _log.warning("time=refused: %s", error)
            return KeptTime()

    def keep(self, kept: KeptTime, boot_ms: int) -> None:
        """Write where it is time; the disk may refuse, which is said once."""
        last = self._kept_boot_ms
        if last is not None and boot_ms - last < KEEP_AFTER_MS:
            return
        self._kept_boot_ms = boot_ms
        try:
            self._file.write(msgspec.msgpack.encode((kept.trusted_ms, kept.clockless_ms)))
        except OSError as error:
            if not self._is_failing:
                _log.warning("time=not_kept path=%s why=%s", self._file.path, error.strerror)
            self._is_failing = True
            return
        if self._is_failing:
            _log.warning("time=kept path=%s", self._file.path)
        self._is_failing = False

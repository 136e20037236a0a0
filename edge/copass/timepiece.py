"""The unit's time: what the link's anchors say, else what was kept and has run since."""

from __future__ import annotations

import logging
from collections.abc import Callable

from contract.clock import Clock
from edge.copass.kept_time_file import KeptTimeFile
from edge.copass.time_keeper import KeptTime, Moment, TimeKeeper, Told

Tell = Callable[[], Told | None]
"""The time as somebody trusted tells it, or None."""

_log = logging.getLogger(__name__)


class Timepiece:
    """Joins `TimeKeeper` with its clock, its trusted source and its file.

    Args:
        clock: the boot clock is read from it.
        tell: the trusted time.
        file: kept time.
        least: the latest time that the journal knows of.
    """

    def __init__(
        self, clock: Clock, tell: Tell, file: KeptTimeFile, least: KeptTime | None = None
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._file = file
        self._keeper = TimeKeeper(max(file.read(), least or KeptTime()), clock.boot_ms())
        self._fault: str | None = None

    def look(self) -> Moment:
        """Now."""
        boot_ms = self._clock.boot_ms()
        moment = self._keeper.look(boot_ms, self._tell())
        self._say(self._keeper.fault)
        return moment

    def keep(self) -> None:
        """Write the time down where it is due; whoever waits for nothing calls it aside."""
        boot_ms = self._clock.boot_ms()
        self._keeper.look(boot_ms, self._tell())
        self._file.keep(self._keeper.kept(boot_ms), boot_ms)

    def kept(self) -> KeptTime:
        """What an entry of the journal is to remember."""
        return self._keeper.kept(self._clock.boot_ms())

    def vouched(self, issued_ms: int) -> None:
        """The backend signed something new."""
        self._keeper.vouched(issued_ms, self._clock.boot_ms())

    def _say(self, fault: str | None) -> None:
        if fault == self._fault:
            return
        if fault is None:
            _log.warning("time=up: the clock is believed again")
        else:
            _log.warning(
                "time=down fault=%s: the clock is behind what was known before and is not"
                " believed; check its source, or remove the kept time if that was wrong",
                fault,
            )
        self._fault = fault

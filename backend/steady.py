"""Work that goes on for ever: what befalls one turn of it, or one unit, ends nothing else."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import InterfaceError, OperationalError

from contract.clock import Clock

RETRY_S = 1.0
"""What fails is tried again after so long at least: it must not keep the processor busy."""

_log = logging.getLogger("softplace.dispatch")


class Troubles:
    """What fails at present: each is said once, and once more when it is over."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def failed(self, work: str, error: Exception) -> None:
        """`work` did not succeed and will be tried again."""
        if isinstance(error, (OperationalError, InterfaceError)):
            if self._open.get(work) != "records":
                _log.error("records_away work=%s: %s; trying again", work, error.orig)
            self._open[work] = "records"
            return
        if self._open.get(work) != "work":
            _log.error("work_failed work=%s: %s; trying again", work, error, exc_info=error)
        self._open[work] = "work"

    def well(self, work: str) -> None:
        """`work` succeeded."""
        what = self._open.pop(work, None)
        if what is not None:
            _log.info("%s_back work=%s", what, work)


async def steadily(
    name: str,
    work: Callable[[], Awaitable[object]],
    pause_s: float,
    clock: Clock,
    ends: tuple[type[Exception], ...] = (),
) -> None:
    """Do `work` every `pause_s` until cancelled; only what is in `ends` is raised."""
    troubles = Troubles()
    while True:
        try:
            await work()
        except ends:
            raise
        except Exception as error:  # noqa: BLE001 - a bad row for one job must not end the others
            troubles.failed(name, error)
            await clock.sleep(max(pause_s, RETRY_S))
        else:
            troubles.well(name)
            await clock.sleep(pause_s)

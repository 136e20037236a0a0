"""Work that goes on for ever and survives a records store that is away for a while."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import InterfaceError, OperationalError

from contract.clock import Clock

_log = logging.getLogger("softplace.access")


async def steadily(
    name: str, work: Callable[[], Awaitable[None]], pause_s: float, clock: Clock
) -> None:
    """Do `work` every `pause_s` until cancelled; a lost store is said once, and its return."""
    away = False
    while True:
        try:
            await work()
        except (OperationalError, InterfaceError) as error:
            if not away:
                _log.error("records_away work=%s: %s; trying again", name, error.orig)
            away = True
        else:
            if away:
                _log.info("records_back work=%s", name)
            away = False
        await clock.sleep(pause_s)

"""The battery-backed clock of the board: after a power cut it knows the time before any network.

It is asked only while nothing better is known, and only where the configuration says that there
is one, with a cell in it: a board without reads 1970, or where it stood when the cell died.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock
from edge.link.kernel_clock import LOOK_EVERY_S, Anchored

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rtc:
    """Where the kernel shows it, and the earliest time it can honestly tell."""

    since_epoch: Path
    """/sys/class/rtc/rtc0/since_epoch: UTC seconds."""
    earliest_ms: int
    """A cell that is empty tells a time before this program was made."""


def rtc_ms(rtc: Rtc) -> int | None:
    """UTC milliseconds by the board's clock, or None where it tells nothing that can be."""
    try:
        told_ms = int(rtc.since_epoch.read_text(encoding="ascii")) * 1_000
    except (OSError, ValueError):
        return None
    return told_ms if told_ms >= rtc.earliest_ms else None


async def follow_rtc(link: Anchored, clock: Clock, rtc: Rtc) -> None:
    """Anchor `link` by the board's clock while nobody better has; for ever."""
    is_said = False
    while True:
        if not link.knows_time():
            told_ms = rtc_ms(rtc)
            if told_ms is not None:
                link.anchor("rtc", told_ms, clock.boot_ms())
            elif not is_said:
                is_said = True
                _log.warning(
                    "clock=rtc_useless path=%s: it cannot be read or tells a time before this"
                    " program was made; change its cell, or take [link] rtc out",
                    rtc.since_epoch,
                )
        await clock.sleep(LOOK_EVERY_S)

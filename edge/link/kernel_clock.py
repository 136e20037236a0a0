"""Whether the kernel's clock is synchronised, as the kernel itself says (adjtimex)."""

from __future__ import annotations

import ctypes
from typing import Protocol

from contract.clock import Clock
from contract.quantities import ClockSource

LOOK_EVERY_S = 60.0
"""While nothing can be dated."""
DRIFT_LOOK_EVERY_S = 600.0
TIME_ERROR = 5
STA_UNSYNC = 0x0040
STA_NANO = 0x2000
AGREES_MS = 2_000
"""The program's clock must show the kernel's time this closely, else it is not the kernel's."""


class _Timeval(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("fraction", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), up to the fields we read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("room", ctypes.c_long * 64),
    )


def synchronised_ms() -> int | None:
    """UTC milliseconds of the kernel's clock while NTP holds it, else None."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return read_timex(state, timex.status, timex.time.seconds, timex.time.fraction)


def read_timex(state: int, status: int, seconds: int, fraction: int) -> int | None:
    """UTC milliseconds of what adjtimex answered, or None where it is not to be trusted."""
    if state < 0 or state == TIME_ERROR or status & STA_UNSYNC:
        return None
    return seconds * 1_000 + fraction // (1_000_000 if status & STA_NANO else 1_000)


def trusted_now_ms(clock_now_ms: int, kernel_ms: int | None) -> int | None:
    """The program's clock, where the kernel vouches for it; a faked clock it does not."""
    if kernel_ms is None or abs(kernel_ms - clock_now_ms) > AGREES_MS:
        return None
    return clock_now_ms


class Anchored(Protocol):
    """What takes anchors."""

    def anchor(self, source: ClockSource, utc_ms: int, boot_ms: int) -> None: ...

    def knows_time(self) -> bool: ...


async def follow_kernel_clock(link: Anchored, clock: Clock) -> None:
    """Give `link` the kernel's time as an anchor whenever the kernel vouches for it; for ever."""
    while True:
        now_ms = trusted_now_ms(clock.now_ms(), synchronised_ms())
        if now_ms is not None:
            link.anchor("ntp", now_ms, clock.boot_ms())
        await clock.sleep(DRIFT_LOOK_EVERY_S if link.knows_time() else LOOK_EVERY_S)

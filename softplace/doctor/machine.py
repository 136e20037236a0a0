"""Checks of the machine itself."""

from __future__ import annotations

import platform
import shutil
import sys

from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

MEGABYTE = 1_000_000
DISK_FAILED_BELOW = 200 * MEGABYTE
"""Less than a day of an outbox or of a spool, with room for SQLite's own journal."""
DISK_WARNING_BELOW = 1_000 * MEGABYTE


async def python_version(_: Subject) -> Finding:
    """Python is new enough."""
    shown = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info >= (3, 11):  # noqa: UP036 - what runs and what is required may differ
        return ok(shown)
    return failed(f"{shown} is too old", "install Python 3.11 or later (apt install python3)")


async def disk(subject: Subject) -> Finding:
    """There is room where data are kept."""
    place = subject.data.absolute()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    shown = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB for {place}"
    mend = f"free some space: du -xh {place} | sort -h | tail"
    if usage.free < DISK_FAILED_BELOW:
        return failed(f"{shown}: outbox, spool and stores will refuse to write", mend)
    if usage.free < DISK_WARNING_BELOW:
        return warning(shown, mend)
    return ok(shown)


async def clock(subject: Subject) -> Finding:
    """The kernel says that its clock is synchronised."""
    kernel_ms = subject.kernel_clock_ms
    if kernel_ms is None:
        if platform.system() != "Linux":
            return not_checked("only Linux says whether its clock is synchronised")
        from edge.link.kernel_clock import synchronised_ms  # noqa: PLC0415 - Linux only

        kernel_ms = synchronised_ms
    if kernel_ms() is not None:
        return ok("the kernel says the clock is synchronised")
    return warning(
        "the kernel does not say that its clock is synchronised; a vehicle takes its time from"
        " its receiver, a server has no other",
        "sudo timedatectl set-ntp true",
    )

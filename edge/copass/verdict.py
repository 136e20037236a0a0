"""Whether one right opens at one moment.

Rules of this file: pure. With a trusted clock its start, end, bound and hours are judged. Without
one the reckoned time still proves that a right is over, because the truth is not earlier; it
cannot prove that a booking has begun.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.rights import Right, opens_until_ms
from contract.uplink import TapReason
from edge.copass.rights_table import RightsTable, is_windowed
from edge.copass.schedules import is_open, next_opening_ms
from edge.copass.time_keeper import Moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """Granted, or the reason why not."""

    reason: TapReason
    starts_ms: int | None = None
    is_closed_hours: bool = False


def judge(
    right: Right, table: RightsTable, moment: Moment, limit_ms: int, *, reckons: bool
) -> Verdict:
    """The verdict on `right` at a point where it holds.

    Args:
        right: of the card.
        table: its schedules and when the backend vouched.
        moment: now.
        limit_ms: running time without a trusted clock after which nothing opens.
        reckons: windowed rights without a clock are judged by the reckoned time.
    """
    until_ms = opens_until_ms(right, table.issued_ms)
    if until_ms is None or moment.utc_ms >= until_ms:
        return Verdict("expired")
    if not moment.is_trusted and not _opens_clockless(right, moment, limit_ms, reckons=reckons):
        return Verdict("clock_unknown")
    if moment.utc_ms < right.starts_ms:
        return Verdict("too_early", right.starts_ms)
    return Verdict("granted") if right.schedule is None else _hours(right, table, moment, until_ms)


def _opens_clockless(right: Right, moment: Moment, limit_ms: int, *, reckons: bool) -> bool:
    if moment.clockless_ms >= limit_ms:
        return False
    if is_windowed(right):
        return reckons
    return moment.utc_ms >= right.starts_ms


def _hours(right: Right, table: RightsTable, moment: Moment, until_ms: int) -> Verdict:
    schedule = table.schedule(right.schedule) if right.schedule is not None else None
    if schedule is None:
        return Verdict("expired")
    if is_open(schedule, table.holidays, table.zone, moment.utc_ms):
        return Verdict("granted")
    opens_ms = next_opening_ms(schedule, table.holidays, table.zone, moment.utc_ms)
    if opens_ms is None or opens_ms >= until_ms:
        return Verdict("expired")
    return Verdict("too_early", opens_ms, is_closed_hours=True)

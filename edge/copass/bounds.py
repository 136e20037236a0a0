"""Until when a card revoked now could still open here, if no newer word came.

Rules of this file: pure. Both bounds are upper bounds and hold over any number of power cuts.
"""

from __future__ import annotations

from contract.rights import opens_until_ms, revocation_bound_ms
from edge.copass.decision import Policy
from edge.copass.rights_table import RightsTable
from edge.copass.time_keeper import Moment
from edge.copass.verdict import is_windowed


def revocation_bound(table: RightsTable) -> int | None:
    """UTC milliseconds, by a trusted clock; None where nothing opens."""
    return revocation_bound_ms(table.snapshot) if table.snapshot else None


def clockless_bound_s(table: RightsTable, moment: Moment, policy: Policy) -> float:
    """Seconds of running time for which something may open without a trusted clock.

    Counted from `moment`; time without power does not count.
    """
    reckons = policy.windowed_without_clock == "reckon"
    rights = table.snapshot.rights if table.snapshot else ()
    ends = (
        until_ms
        for right in rights
        if (reckons or not is_windowed(right))
        and not table.is_revoked(right.tag)
        and (until_ms := opens_until_ms(right, table.issued_ms)) is not None
    )
    latest_ms = max(ends, default=moment.utc_ms)
    left_ms = policy.clockless_limit_ms - moment.clockless_ms
    return max(min(latest_ms - moment.utc_ms, left_ms), 0) / 1_000

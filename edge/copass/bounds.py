"""Until when a card revoked now could still open here, if no newer word came.

Rules of this file: pure. Both bounds are upper bounds and hold over any number of power cuts.
"""

from __future__ import annotations

from edge.copass.decision import Policy
from edge.copass.rights_table import RightsTable
from edge.copass.time_keeper import Moment


def revocation_bound(table: RightsTable) -> int | None:
    """UTC milliseconds, by a trusted clock; None where nothing opens."""
    return table.until_ms


def clockless_bound_s(table: RightsTable, moment: Moment, policy: Policy) -> float:
    """Seconds of running time for which something may open without a trusted clock.

    Counted from `moment`; time without power does not count.
    """
    reckons = policy.windowed_without_clock == "reckon"
    latest_ms = table.until_ms if reckons else table.unwindowed_until_ms
    if latest_ms is None:
        return 0
    left_ms = policy.clockless_limit_ms - moment.clockless_ms
    return max(min(latest_ms - moment.utc_ms, left_ms), 0) / 1_000

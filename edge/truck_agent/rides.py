"""Which ride a card is here for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from contract.downlink import PlannedStop


def ride_of(
    handles: Collection[str], stops: Sequence[PlannedStop], stop_id: str | None
) -> str | None:
    """The ride among `handles` that boards at `stop_id`, else the next of the plan to board.

    Args:
        handles: everything that the card's rights name.
        stops: the plan, in order.
        stop_id: where the vehicle stands; None where that is not known.
    """
    here = [stop for stop in stops if stop.stop_id == stop_id]
    for stop in (*here, *stops):
        for handle in stop.boarding:
            if handle in handles:
                return handle
    return None

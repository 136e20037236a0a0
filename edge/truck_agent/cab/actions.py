"""What the buttons of the cab screen do; each row is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edge.truck_agent.aboard import Parts
from edge.truck_agent.lone_worker_desk import LoneWorkerDesk
from edge.truck_agent.sos_desk import SosDesk

if TYPE_CHECKING:
    from edge.truck_agent.counter import PassengerCounter

DONE, WRONG, NO_SUCH_BUTTON, NOT_HERE = 204, 400, 404, 409
Query = Mapping[str, str]
RAMP = {"1": 1, "0": 0, "-1": -1}
"""Wheelchairs more aboard, as the page says it."""


class Actions:
    """The buttons of one vehicle; each answers with an HTTP status."""

    def __init__(self, parts: Parts) -> None:
        self._rows: dict[str, Callable[[Query], int]] = {}
        if (sos := parts.sos) is not None:
            self._sos(sos)
        if (desk := parts.lone_worker) is not None:
            self._alone(desk)
        if (counter := parts.counter) is not None:
            self._counts(counter)

    def do(self, path: str, query: Query) -> int:
        """Press a button."""
        row = self._rows.get(path)
        if row is not None:
            return row(query)
        return NOT_HERE if path in BUTTONS else NO_SUCH_BUTTON

    def _sos(self, desk: SosDesk) -> None:
        self._rows["/sos"] = _plain(desk.trigger)

    def _alone(self, desk: LoneWorkerDesk) -> None:
        self._rows["/lone-worker/start"] = _plain(desk.start)
        self._rows["/lone-worker/alive"] = _plain(desk.alive)
        self._rows["/lone-worker/end"] = _plain(desk.end)

    def _counts(self, counter: PassengerCounter) -> None:
        def ramp(query: Query) -> int:
            change = RAMP.get(query.get("change", ""))
            if change is None:
                return WRONG
            counter.ramp_answered(change)
            return DONE

        self._rows["/ramp"] = ramp
        self._rows["/empty"] = _plain(counter.emptied)


BUTTONS = (
    "/sos",
    "/lone-worker/start",
    "/lone-worker/alive",
    "/lone-worker/end",
    "/ramp",
    "/empty",
)


def _plain(press: Callable[[], None]) -> Callable[[Query], int]:
    def pressed(_query: Query) -> int:
        press()
        return DONE

    return pressed

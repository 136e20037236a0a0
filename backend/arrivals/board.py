"""The board of a stop: its planned departures, each judged by the evidence. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from backend.arrivals.departure_state import Evidence, judge
from backend.arrivals.model import Board, Departure
from backend.arrivals.plans import Plans
from backend.arrivals.settings import ArrivalSettings

LATER_DAYS = 7
"""How far a board looks for the next departure when there is none today."""

NOTHING = Evidence()


def board(
    plans: Plans,
    stop_id: str,
    evidence: Mapping[str, Evidence],
    now_ms: int,
    settings: ArrivalSettings,
) -> Board:
    """What is said at a stop now; `evidence` is by unit."""
    return Board(
        stop_id=stop_id,
        now_ms=now_ms,
        rows=rows_now(plans, stop_id, evidence, now_ms, settings),
        later=_later(plans, stop_id, now_ms, settings),
        served_today=bool(plans.departures(stop_id, plans.calendar.date(now_ms))),
    )


def rows_now(
    plans: Plans,
    stop_id: str,
    evidence: Mapping[str, Evidence],
    now_ms: int,
    settings: ArrivalSettings,
) -> tuple[Departure, ...]:
    """The rows of last night and today, in the order in which a person must be there."""
    today = plans.calendar.date(now_ms)
    rows: list[Departure] = []
    for date in (today - dt.timedelta(days=1), today):
        for planned in plans.departures(stop_id, date):
            known = evidence.get(planned.dated.trip.vehicle or "", NOTHING)
            row = judge(planned, known, now_ms, settings)
            if row is not None:
                rows.append(row)
    return tuple(sorted(rows, key=lambda row: (row.be_there_ms, row.scheduled_ms, row.key)))


def next_chance(plans: Plans, cancelled: Departure) -> Departure | None:
    """The next departure of the same route to the same place from the same stop that runs."""
    stop_id = cancelled.visit.stop_id
    for shift in range(LATER_DAYS + 1):
        for other in plans.departures(stop_id, cancelled.dated.date + dt.timedelta(days=shift)):
            if (
                other.scheduled_ms > cancelled.scheduled_ms
                and other.dated.cancellation is None
                and other.route.route_id == cancelled.route.route_id
                and other.dated.trip.headsign == cancelled.dated.trip.headsign
            ):
                return other
    return None


def _later(
    plans: Plans, stop_id: str, now_ms: int, settings: ArrivalSettings
) -> tuple[Departure, ...]:
    """The next day with departures after today, as the timetable has it."""
    today = plans.calendar.date(now_ms)
    for shift in range(1, LATER_DAYS + 1):
        planned = plans.departures(stop_id, today + dt.timedelta(days=shift))
        judged = (judge(row, NOTHING, now_ms, settings) for row in planned)
        found = tuple(replace(row, untracked="to_come") for row in judged if row is not None)
        if found:
            return found
    return ()

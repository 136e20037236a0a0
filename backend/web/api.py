"""The same facts for machines: times are UTC milliseconds, states are words. Pure."""

from __future__ import annotations

from typing import Any

from backend.arrivals.departure_state import minutes, punctuality
from backend.arrivals.model import Departure
from backend.web.context import Context
from contract.territory_file import Stop


def stops(context: Context) -> list[dict[str, Any]]:
    """Every stop."""
    return [
        {
            "stop_id": stop.stop_id,
            "name": stop.name,
            "detail": stop.detail,
            "latitude": stop.latitude,
            "longitude": stop.longitude,
        }
        for stop in context.territory.stops
    ]


def board(context: Context, stop: Stop) -> dict[str, Any]:
    """The next departures at a stop."""
    moment = context.moment()
    if not moment.is_set:
        return {"stop_id": stop.stop_id, "now_ms": None, "rows": []}
    rows = context.arrivals.rows(stop.stop_id, moment.now_ms)
    return {
        "stop_id": stop.stop_id,
        "now_ms": moment.now_ms,
        "rows": [_row(context, row, moment.now_ms) for row in rows],
    }


def vehicles(context: Context) -> dict[str, Any]:
    """Every vehicle with its state, its last measured place and how old that is."""
    moment = context.moment()
    found = context.arrivals.fleet(moment.now_ms) if moment.is_set else ()
    return {
        "now_ms": moment.now_ms if moment.is_set else None,
        "vehicles": [
            {
                "unit": vehicle.vehicle.unit,
                "name": vehicle.vehicle.name,
                "state": vehicle.state.value,
                "resting": vehicle.resting,
                "trip_id": None if vehicle.dated is None else vehicle.dated.trip.trip_id,
                "next_stop_id": vehicle.next_stop_id,
                "latitude": None if vehicle.position is None else vehicle.position.latitude,
                "longitude": None if vehicle.position is None else vehicle.position.longitude,
                "observed_ms": None if vehicle.position is None else vehicle.position.observed_ms,
            }
            for vehicle in found
        ],
    }


def _row(context: Context, row: Departure, now_ms: int) -> dict[str, Any]:
    settings = context.arrivals.settings
    measured = row.state.is_measured
    cancellation = row.dated.cancellation
    return {
        "trip_id": row.dated.trip.trip_id,
        "date": row.dated.date.isoformat(),
        "line": row.route.short_name,
        "destination": row.dated.trip.headsign,
        "vehicle": row.dated.trip.vehicle,
        "state": row.state.value,
        "scheduled_ms": row.scheduled_ms,
        "expected_ms": row.expected_ms,
        "minutes": minutes(row, now_ms, settings),
        "punctuality": punctuality(row, settings).said if measured else None,
        "delay_s": row.delay_s if measured else None,
        "observed_ms": row.observed_ms,
        "at_stop": row.at_stop,
        "reason": None if cancellation is None else cancellation.reason,
        "untracked": row.untracked,
        "unknown_past": row.unknown_past,
    }

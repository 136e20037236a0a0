"""What the screen of the cab shows, as plain data.

Rules of this file: pure. Times are milliseconds of the wall clock, rounded, so that the view of a
vehicle that stands still does not change. Riders are handles, never names. What is not known is
null; nothing is said to be sent before it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.link.health import LinkHealth
from edge.truck_agent.aboard import Aboard, Parts
from edge.truck_agent.situation import FRESH_S, Situation

MOVING_M_S = 5 / 3.6
"""Above it the screen offers nothing to press but SOS and the sign of life."""
OVER_AFTER_MS = 3_600_000
"""A stop that was due so long ago is off the screen."""
COARSE_MS = 10_000

View = dict[str, Any]


def view_of(unit: str, aboard: Aboard, health: LinkHealth, now_ms: int) -> View:
    """Everything the screen needs."""
    parts, situation = aboard.parts, aboard.situation
    return {
        "unit": unit,
        "fix": _fix(situation, now_ms),
        "moving": (situation.speed_m_s() or 0.0) > MOVING_M_S,
        "link": _link(health, now_ms),
        "key": _key(aboard),
        "plan": _plan(parts, now_ms),
        "counts": _counts(parts),
        "tap": _tap(parts),
        "sos": _sos(parts),
        "lone_worker": _lone_worker(parts, situation, now_ms),
        "messages": [{"text": m.text, "at_ms": m.at_ms} for m in parts.messages],
        "faults": parts.counter.faults if parts.counter is not None else [],
    }


def _fix(situation: Situation, now_ms: int) -> View:
    age_s = situation.age_s()
    if age_s is None:
        return {"state": "none", "since_ms": None}
    if age_s <= FRESH_S:
        return {"state": "now", "since_ms": None}
    return {"state": "old", "since_ms": _coarse(now_ms - age_s * 1_000)}


def _link(health: LinkHealth, now_ms: int) -> View:
    age_s = health.oldest_age_s
    unsent = age_s is not None and (not health.connected or age_s > COARSE_MS / 1_000)
    return {
        "connected": health.connected,
        "unsent_since_ms": _coarse(now_ms - (age_s or 0.0) * 1_000) if unsent else None,
    }


def _key(aboard: Aboard) -> str | None:
    if aboard.parts.key is None:
        return None
    if aboard.asleep:
        return "off"
    return "on" if aboard.may_say_position else "unknown"


def _plan(parts: Parts, now_ms: int) -> View | None:
    itinerary = parts.itinerary
    if itinerary is None or itinerary.edition is None:
        return None
    here = parts.counter.stop_id if parts.counter is not None else None
    return {
        "version": ".".join(map(str, itinerary.edition)),
        "stops": [
            {
                "stop_id": stop.stop_id,
                "arrival_ms": stop.arrival_ms,
                "departure_ms": stop.departure_ms,
                "boarding": stop.boarding,
                "alighting": stop.alighting,
                "here": stop.stop_id == here,
            }
            for stop in itinerary.stops
            if stop.departure_ms > now_ms - OVER_AFTER_MS
        ],
    }


def _counts(parts: Parts) -> View | None:
    if parts.counter is None:
        return None
    load = parts.counter.load
    return {
        "persons": load.persons,
        "error_persons": load.error_persons,
        "entered": load.entered,
        "left": load.left,
        "taps": load.taps,
        "wheelchairs": load.wheelchairs,
        "ramp_unanswered": load.ramp_unanswered > 0,
        "doors": {door.name: door.is_open for door in parts.counter.doors},
    }


def _tap(parts: Parts) -> View | None:
    last = parts.boarding.last if parts.boarding is not None else None
    if last is None:
        return None
    return {"decision": last.decision, "reason": last.reason, "at_ms": last.at_ms}


def _sos(parts: Parts) -> View | None:
    if parts.sos is None:
        return None
    last = parts.sos.open
    times: Mapping[str, int | None] = (
        {"raised_ms": None, "received_ms": None, "acknowledged_ms": None}
        if last is None
        else {
            "raised_ms": last.raised_ms,
            "received_ms": last.received_ms,
            "acknowledged_ms": last.acknowledged_ms,
        }
    )
    return {"state": parts.sos.state, **times}


def _lone_worker(parts: Parts, situation: Situation, now_ms: int) -> View | None:
    desk = parts.lone_worker
    if desk is None:
        return None
    session, zone_s = desk.session, desk.zone_grace_s
    seen: View = {"step": None, "until_ms": None, "zone_min": round(zone_s / 60)}
    if session is not None:
        left_ms = max(session.until_s - situation.now_s, 0.0) * 1_000
        seen |= {"step": session.step, "until_ms": _coarse(now_ms + left_ms)}
    return seen


def _coarse(milliseconds: float) -> int:
    return round(milliseconds / COARSE_MS) * COARSE_MS

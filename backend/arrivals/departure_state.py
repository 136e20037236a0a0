"""The state of a departure: what may be said of it now, and nothing more.

Rules of this file: pure. Minutes are measured, clock times are promised. A stale position never
gives minutes, and nothing disappears without having been said. Bounds of ages are included on
the fresher side: exactly 90 s is live.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from backend.arrivals.estimate import arrival_ms, has_passed, is_at_stop
from backend.arrivals.model import Departure, State, Untracked
from backend.arrivals.settings import ArrivalSettings
from backend.arrivals.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the vehicle of a trip."""

    sighting: Sighting | None = None
    """Its newest position, if that lies on some trip."""
    heard_ms: int | None = None
    """When its newest position was measured, on a trip or not."""
    said_goodbye: bool = False
    """It announced that it is asleep or offline."""


def judge(
    planned: Departure, evidence: Evidence, now_ms: int, settings: ArrivalSettings
) -> Departure | None:
    """The row of a planned departure, or None where there is no row any more.

    `planned` carries the timetable only.
    """
    if planned.dated.cancellation is not None:
        stays = now_ms < planned.scheduled_ms + settings.cancelled_stays_s * 1_000
        return replace(planned, state=State.NOT_COMING) if stays else None
    sighting = evidence.sighting
    if sighting is not None and sighting.journey.dated.key == planned.dated.key:
        if has_passed(sighting, planned.index, settings):
            return None
        if not evidence.said_goodbye:
            return _followed(planned, sighting, now_ms, settings)
    elif sighting is not None and sighting.journey.dated.start_ms > planned.dated.start_ms:
        return None  # its vehicle was seen on a later trip: this one is over
    if _was_expected_live(planned, evidence, now_ms, settings):
        last = None if sighting is None else _last_stop(sighting)
        return _silent(planned, evidence.heard_ms, last, now_ms, settings)
    return _from_timetable(planned, evidence, now_ms, settings)


def _followed(
    planned: Departure, sighting: Sighting, now_ms: int, settings: ArrivalSettings
) -> Departure | None:
    age_s = (now_ms - sighting.observed_ms) / 1_000
    if age_s > settings.no_contact_s:
        return _silent(planned, sighting.observed_ms, _last_stop(sighting), now_ms, settings)
    arrives_ms = arrival_ms(sighting, planned.index, settings)
    return replace(
        planned,
        state=State.LIVE if age_s <= settings.live_s else State.LIVE_AGEING,
        expected_ms=max(arrives_ms, planned.scheduled_ms, now_ms),
        delay_s=(max(arrives_ms, now_ms) - planned.scheduled_ms) / 1_000,
        observed_ms=sighting.observed_ms,
        at_stop=is_at_stop(sighting, planned.index, settings),
    )


def _silent(
    planned: Departure,
    heard_ms: int | None,
    last_stop_id: str | None,
    now_ms: int,
    settings: ArrivalSettings,
) -> Departure | None:
    after_s = (now_ms - planned.scheduled_ms) / 1_000
    if after_s >= settings.no_contact_stays_s + settings.unknown_past_stays_s:
        return None
    return replace(
        planned,
        state=State.NO_CONTACT,
        observed_ms=heard_ms,
        last_stop_id=last_stop_id,
        unknown_past=after_s >= settings.no_contact_stays_s,
    )


def _was_expected_live(
    planned: Departure, evidence: Evidence, now_ms: int, settings: ArrivalSettings
) -> bool:
    """Whether the trip should be running, by a vehicle that was followed until it fell silent."""
    if evidence.heard_ms is None or evidence.said_goodbye or now_ms < planned.dated.start_ms:
        return False
    if (now_ms - evidence.heard_ms) / 1_000 <= settings.no_contact_s:
        return False
    return evidence.heard_ms >= planned.dated.start_ms - settings.expected_within_s * 1_000


def _from_timetable(
    planned: Departure, evidence: Evidence, now_ms: int, settings: ArrivalSettings
) -> Departure | None:
    untracked = _why_untracked(planned, evidence, now_ms, settings)
    stays_until_ms = planned.scheduled_ms + settings.timetable_stays_s * 1_000
    if planned.until_ms is not None:
        stays_until_ms = max(stays_until_ms, planned.until_ms)
    if untracked == "not_departed":
        # The vehicle is heard, on an earlier trip: it cannot have passed.
        stays_until_ms = max(
            stays_until_ms, planned.dated.end_ms + settings.plausible_late_s * 1_000
        )
    if now_ms >= stays_until_ms:
        return None
    return replace(planned, state=State.TIMETABLE, untracked=untracked)


def _why_untracked(
    planned: Departure, evidence: Evidence, now_ms: int, settings: ArrivalSettings
) -> Untracked:
    if planned.dated.trip.vehicle is None:
        return "no_tracking"
    if now_ms < planned.dated.start_ms - settings.waits_before_s * 1_000:
        return "to_come"
    if evidence.said_goodbye:
        return "asleep"
    heard_ms = evidence.heard_ms
    if heard_ms is None or (now_ms - heard_ms) / 1_000 > settings.no_contact_s:
        return "to_come" if now_ms < planned.dated.start_ms else "no_tracking"
    if evidence.sighting is None:
        return "to_come" if now_ms < planned.dated.start_ms else "off_route"
    return "not_departed"


def _last_stop(sighting: Sighting) -> str | None:
    index = sighting.next_index
    return sighting.journey.dated.visits[index - 1].stop_id if index > 0 else None


def minutes(departure: Departure, now_ms: int, settings: ArrivalSettings) -> int | None:
    """Whole minutes to wait, rounded down; None unless measured and near enough."""
    if not departure.state.is_measured or departure.expected_ms is None:
        return None
    wait_s = (departure.expected_ms - now_ms) / 1_000
    if wait_s > settings.minutes_within_s:
        return None
    return max(math.floor(wait_s / 60), 0)


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How a measured departure stands to its promise, as it is said."""

    said: Literal["on_time", "late", "early"]
    minutes: int = 0


def punctuality(departure: Departure, settings: ArrivalSettings) -> Punctuality:
    """Delay is said from 3 min, an advance from 2; in between a vehicle is on time."""
    if departure.delay_s >= settings.late_said_s:
        return Punctuality("late", math.floor(departure.delay_s / 60))
    if departure.delay_s <= -settings.early_said_s:
        return Punctuality("early", math.floor(-departure.delay_s / 60))
    return Punctuality("on_time")

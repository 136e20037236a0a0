"""Thresholds of the states of a departure; start values of the page rules, section 3."""

from __future__ import annotations

from msgspec import Struct


class ArrivalSettings(Struct, kw_only=True, frozen=True):
    """When a fact is fresh, when it is doubt, how long a row stays, how fast a vehicle is."""

    live_s: float = 90.0
    """A position at most this old is live."""
    no_contact_s: float = 300.0
    """A position older than this says nothing any more."""
    minutes_within_s: float = 1_800.0
    """Minutes are shown up to here, clock times beyond."""
    late_said_s: float = 180.0
    early_said_s: float = 120.0
    cancelled_stays_s: float = 600.0
    timetable_stays_s: float = 600.0
    no_contact_stays_s: float = 1_200.0
    unknown_past_stays_s: float = 1_200.0
    """After `no_contact_stays_s`, this long the row says that nobody knows."""

    bus_speed_m_s: float = 11.0
    """Class speed: what a bus makes on these roads, bends and junctions included."""
    truck_speed_m_s: float = 10.0
    dwell_s: float = 20.0
    """Time at a stop where the timetable gives none."""

    off_route_m: float = 250.0
    at_stop_m: float = 60.0
    passed_m: float = 80.0
    """So far beyond a stop, the vehicle has left it."""
    standing_m_s: float = 1.0
    waits_before_s: float = 900.0
    """So early a vehicle may stand at its first stop and already be on its trip."""
    plausible_early_s: float = 600.0
    plausible_late_s: float = 5_400.0
    expected_within_s: float = 3_600.0
    """A vehicle heard so shortly before its trip was expected to be followed on it."""
    visit_min_s: float = 300.0
    """A truck that stands at least so long receives people there."""

"""Every question the dashboards ask: one small named function each.

Rules of this file: InfluxQL that 1.x, 2.x and 3.x all answer; $kind and $unit are the choices
at the top of the page; $timeFilter and $__interval are Grafana's.
"""

# ruff: noqa: S608 - nothing from outside enters these texts; Grafana escapes the variables

from __future__ import annotations

from collections.abc import Callable

from contract.retention import ONE_YEAR, THREE_MONTHS, TWO_MONTHS, TWO_YEARS, RetentionClass
from dashboards.query import Query, substitute

__all__ = ["Query", "all_queries", "substitute"]

CHOSEN = '$timeFilter AND "kind" =~ /^$kind$/ AND "unit" =~ /^$unit$/'
EACH_UNIT = 'GROUP BY "kind", "unit"'
EACH_UNIT_IN_TIME = 'GROUP BY time($__interval), "kind", "unit"'
EACH_UNIT_EACH_MINUTE = 'GROUP BY time(1m), "kind", "unit"'
HEARD_WITHIN = "5m"
"""After five minutes without a position a vehicle counts as out of contact (pages, section 3)."""


def kinds() -> Query:
    """Choices of the variable `kind`."""
    return Query(
        "kinds", ONE_YEAR, 'SHOW TAG VALUES FROM "status" WITH KEY = "kind"', form="variable"
    )


def units() -> Query:
    """Choices of the variable `unit`: every unit that ever spoke and is kept."""
    return Query(
        "units",
        ONE_YEAR,
        'SHOW TAG VALUES FROM "status" WITH KEY = "unit" WHERE "kind" =~ /^$kind$/',
        form="variable",
    )


def vehicles_heard() -> Query:
    """How many vehicles told their position within five minutes."""
    return Query(
        "vehicles_heard",
        TWO_MONTHS,
        _count_of_units("position"),
        alias="véhicules",
        time_from=HEARD_WITHIN,
    )


def units_of_the_day() -> Query:
    """How many units sent a sign of life within a day."""
    return Query(
        "units_of_the_day", ONE_YEAR, _count_of_units("status"), alias="unités", time_from="24h"
    )


def alarms_of_the_range() -> Query:
    """How many alarms were raised; their later steps and ends are not counted again."""
    return Query(
        "alarms_of_the_range",
        ONE_YEAR,
        f'SELECT count("seq") FROM "alarm" WHERE {CHOSEN} AND "state" = \'raised\'',
        alias="alarmes",
    )


def last_positions() -> Query:
    """Where each vehicle was last, for the map."""
    return Query(
        "last_positions",
        TWO_MONTHS,
        'SELECT last("latitude") AS "latitude", "longitude", "speed_m_s" '
        f'FROM "position" WHERE {CHOSEN} {EACH_UNIT}',
        form="table",
    )


def last_heard() -> Query:
    """When each vehicle's newest position was measured: its age is the panel's to show."""
    return Query(
        "last_heard",
        TWO_MONTHS,
        'SELECT last("observed_ms") AS "observed_ms", "clock", "satellites" '
        f'FROM "position" WHERE {CHOSEN} {EACH_UNIT}',
        form="table",
    )


def positions_per_minute() -> Query:
    """Positions stored by the minute they were measured in."""
    return _per_minute("positions_per_minute", "position", TWO_MONTHS)


def replayed_per_minute() -> Query:
    """Positions that came late, out of a vehicle's backlog."""
    return _per_minute("replayed_per_minute", "position", TWO_MONTHS, 'AND "replayed" = true')


def untrusted_clocks() -> Query:
    """Positions whose unit did not know the time."""
    return _per_minute("untrusted_clocks", "position", TWO_MONTHS, "AND \"clock\" = 'unset'")


def speed() -> Query:
    """Speed over ground in km/h."""
    return Query(
        "speed",
        TWO_MONTHS,
        f'SELECT mean("speed_m_s") * 3.6 FROM "position" WHERE {CHOSEN} '
        f"{EACH_UNIT_IN_TIME} fill(none)",
    )


def accuracy() -> Query:
    """The worst accuracy of the receiver in metres."""
    return _in_time("accuracy", "position", 'max("accuracy_m")', TWO_MONTHS)


def outbox_depth() -> Query:
    """Messages that wait on the unit's card to be confirmed."""
    return _in_time("outbox_depth", "health", 'max("outbox_depth")')


def outbox_age() -> Query:
    """Seconds since the oldest waiting message was written."""
    return _in_time("outbox_age", "health", 'max("outbox_age_s")')


def link_round_trip() -> Query:
    """Seconds from a message to the broker's answer."""
    return _in_time("link_round_trip", "health", 'max("link_round_trip_s")')


def link_signal() -> Query:
    """Strength of the radio signal in dBm."""
    return _in_time("link_signal", "health", 'mean("link_signal_dbm")')


def given_up() -> Query:
    """Messages a unit reported as dropped, forgotten or corrupt, with their numbers."""
    return Query(
        "given_up",
        ONE_YEAR,
        f'SELECT "lost" FROM "status" WHERE {CHOSEN} AND "lost" =~ /./ {EACH_UNIT}',
        form="table",
    )


def temperature() -> Query:
    """Temperature of the computer in degrees Celsius."""
    return _in_time("temperature", "health", 'max("temperature_c")')


def undervoltage() -> Query:
    """Minutes in which the computer reported too low a voltage."""
    return _per_minute("undervoltage", "health", ONE_YEAR, 'AND "undervoltage" = true')


def disk_free() -> Query:
    """Bytes free on the unit's card."""
    return _in_time("disk_free", "health", 'min("disk_free_bytes")')


def rejected_sentences() -> Query:
    """GPS sentences refused, as the growth of the unit's own counter."""
    return _in_time(
        "rejected_sentences", "health", 'non_negative_difference(max("rejected_sentences"))'
    )


def status_changes() -> Query:
    """What state each unit said it was in, and when."""
    return Query(
        "status_changes",
        ONE_YEAR,
        f'SELECT "state", "version", "session" FROM "status" WHERE {CHOSEN} {EACH_UNIT} '
        "ORDER BY time DESC LIMIT 200",
        form="table",
    )


def states() -> Query:
    """The same as a band per unit."""
    return Query("states", ONE_YEAR, f'SELECT "state" FROM "status" WHERE {CHOSEN} {EACH_UNIT}')


def alarms() -> Query:
    """Each alarm and what became of it, newest first."""
    return Query(
        "alarms",
        ONE_YEAR,
        'SELECT "alarm", "state", "step", "subject", "detail", "latitude", "longitude" '
        f'FROM "alarm" WHERE {CHOSEN} '
        f"{EACH_UNIT} ORDER BY time DESC LIMIT 200",
        form="table",
    )


def refused_by_drivers() -> Query:
    """Plans and commands a driver refused, with the reason given."""
    return Query(
        "refused_by_drivers",
        ONE_YEAR,
        f'SELECT "subject", "reference", "reason" FROM "ack" WHERE {CHOSEN} '
        f"AND \"answer\" = 'refused' {EACH_UNIT} ORDER BY time DESC LIMIT 200",
        form="table",
    )


def persons() -> Query:
    """People aboard or in the room."""
    return _in_time("persons", "occupancy", 'last("persons")', TWO_YEARS)


def taps_granted() -> Query:
    """Taps of a co-pass that were let in."""
    return _taps("taps_granted", "granted")


def taps_refused() -> Query:
    """Taps of a co-pass that were not."""
    return _taps("taps_refused", "refused")


def refusals() -> Query:
    """Each refused tap with its reason, newest first; whose card it was is not kept here."""
    return Query(
        "refusals",
        THREE_MONTHS,
        f'SELECT "place", "reason", "warning" FROM "tap" WHERE {CHOSEN} '
        f"AND \"decision\" = 'refused' {EACH_UNIT} ORDER BY time DESC LIMIT 200",
        form="table",
    )


def decision_time() -> Query:
    """Milliseconds from the card in the field to the decision."""
    return _in_time("decision_time", "tap", 'max("decided_in_ms")', THREE_MONTHS)


def revocation_bounds() -> Query:
    """Until when a card revoked now could still open, door by door, as each door told it last."""
    return Query(
        "revocation_bounds",
        ONE_YEAR,
        'SELECT last("revocation_bound_ms") AS "revocation_bound_ms", "clockless_bound_s", '
        f'"rights_version" FROM "health" WHERE {CHOSEN} {EACH_UNIT}',
        form="table",
    )


def sensor_faults() -> Query:
    """Sensors and readers that do not answer, or answer what cannot be."""
    return _in_time("sensor_faults", "health", 'max("sensor_faults")')


def persons_error() -> Query:
    """By how many persons the count may be wrong, as the unit states it."""
    return _in_time("persons_error", "occupancy", 'last("error_persons")', TWO_YEARS)


def drift() -> Query:
    """What each re-zeroing had to take away: the error that the counters had gathered."""
    return Query(
        "drift",
        TWO_YEARS,
        f'SELECT "drift_persons" FROM "occupancy" WHERE {CHOSEN} AND "rezeroed" = true '
        f"{EACH_UNIT} ORDER BY time DESC LIMIT 200",
        form="table",
    )


def wifi_stations() -> Query:
    """Devices on the wifi; nothing about whose."""
    return _in_time("wifi_stations", "wifi", 'max("stations")', TWO_YEARS)


def wifi_received() -> Query:
    """Bytes received over the wifi."""
    return _in_time("wifi_received", "wifi", 'sum("received_bytes")', TWO_YEARS)


ALL: tuple[Callable[[], Query], ...] = (
    kinds,
    units,
    vehicles_heard,
    units_of_the_day,
    alarms_of_the_range,
    last_positions,
    last_heard,
    positions_per_minute,
    replayed_per_minute,
    untrusted_clocks,
    speed,
    accuracy,
    outbox_depth,
    outbox_age,
    link_round_trip,
    link_signal,
    given_up,
    temperature,
    undervoltage,
    disk_free,
    rejected_sentences,
    status_changes,
    states,
    alarms,
    refused_by_drivers,
    persons,
    taps_granted,
    taps_refused,
    refusals,
    decision_time,
    revocation_bounds,
    sensor_faults,
    persons_error,
    drift,
    wifi_stations,
    wifi_received,
)


def all_queries() -> tuple[Query, ...]:
    """Every question of every dashboard, choices of the variables included."""
    return tuple(query() for query in ALL)


def _count_of_units(measurement: str) -> str:
    newest = f'SELECT last("seq") AS "seq" FROM "{measurement}" WHERE {CHOSEN} {EACH_UNIT}'
    return f'SELECT count("seq") FROM ({newest})'


def _per_minute(name: str, measurement: str, retention: RetentionClass, more: str = "") -> Query:
    return Query(
        name,
        retention,
        f'SELECT count("seq") FROM "{measurement}" WHERE {CHOSEN} {more} '
        f"{EACH_UNIT_EACH_MINUTE} fill(0)".replace("  ", " "),
    )


def _in_time(name: str, measurement: str, what: str, retention: RetentionClass = ONE_YEAR) -> Query:
    return Query(
        name,
        retention,
        f'SELECT {what} FROM "{measurement}" WHERE {CHOSEN} {EACH_UNIT_IN_TIME} fill(none)',
    )


def _taps(name: str, decision: str) -> Query:
    return _per_minute(name, "tap", THREE_MONTHS, f"AND \"decision\" = '{decision}'")

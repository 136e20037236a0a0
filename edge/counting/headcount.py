"""The persons in one place, over days and restarts: estimate, zeroes and file in one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from contract.clock import Clock
from edge.counting.estimate import Estimate, Estimator, Zero, ZeroReason
from edge.counting.events import Passed, Unclear
from edge.counting.state_file import StateFile
from edge.counting.tracker import Way
from edge.counting.zeroing import Signs, ZeroRules, due_zero, service_day

MOST_PERSONS = 2_000
"""The range of the message."""
UNSEEN_PER_S = 0.5
"""Persons a second who may go through a door whose counter is blind; a busy one sees no more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What is counted, and how."""

    capacity: int
    ways: Sequence[Way]
    rules: ZeroRules = field(default_factory=ZeroRules)
    timezone: str = "Europe/Paris"
    persons_per_station: float = 0.0


@dataclass(slots=True)
class _Senses:
    """What the sensors of the place say now."""

    seen: dict[str, int] = field(default_factory=dict)
    """Persons whom each sensor sees at least."""
    last_seen_ms: int | None = None
    last_passage_ms: int | None = None
    door_closed: bool | None = None


class Headcount:
    """Hears passages and sensors, knows when nobody is there, and says how many are.

    Call `tick` once a second or so. What was uncounted while the program did not run widens the
    bound; what was miscounted is taken away at the next zero.
    """

    def __init__(self, place: Place, file: StateFile, clock: Clock) -> None:
        self._place = place
        self._file = file
        self._clock = clock
        self._zone = ZoneInfo(place.timezone)
        self._senses = _Senses()
        self._started_s = clock.monotonic_s()
        self._zeroed_on: date | None = None
        self._zeroes: list[Zero] = []
        self._reported = (0, 0)
        self._blind_since_s: float | None = None
        self._blind_persons = 0.0
        kept = file.restore()
        self._estimator = Estimator(
            place.ways,
            place.capacity,
            place.persons_per_station,
            kept.estimate if kept else None,
        )
        if kept is None:
            self._estimator.lost_sight(None)
        else:
            self._estimator.lost_sight(file.unseen_persons(kept, clock.boot_ms()))
            self._zeroed_on = date.fromisoformat(kept.zeroed_on) if kept.zeroed_on else None

    def passed(
        self, way: str, source: str, direction: Literal["in", "out"], at_ms: int | None = None
    ) -> None:
        """Someone went in or out, at `at_ms` of the boot clock (now, if None)."""
        told_ms = self._clock.boot_ms() if at_ms is None else at_ms
        if self._estimator.take(Passed(told_ms, way, source, direction)):
            self._file.passed()
            self._senses.last_passage_ms = max(told_ms, self._senses.last_passage_ms or 0)

    def unclear(self, way: str, source: str) -> None:
        """One or none went in or out."""
        self._estimator.take(Unclear(self._clock.boot_ms(), way, source))

    def blind(self, *, is_blind: bool) -> None:
        """A counter sees nobody, or sees again; say it at every look.

        The bound grows with the time, by the capacity at most: so many may have come or gone.
        """
        if not is_blind:
            self._blind_since_s = None
            return
        now_s = self._clock.monotonic_s()
        if self._blind_since_s is None:
            self._blind_since_s, self._blind_persons = now_s, 0.0
        unseen = min((now_s - self._blind_since_s) * UNSEEN_PER_S, float(self._place.capacity))
        self._estimator.lost_sight(unseen - self._blind_persons)
        self._blind_persons = unseen

    def presence(self, sensor: str, persons: int) -> None:
        """A sensor sees so many at least, or nobody (0). Sensors may look at the same persons."""
        now_ms = self._clock.boot_ms()
        if persons or self._senses.seen.get(sensor, 1):
            self._senses.last_seen_ms = now_ms
        self._senses.seen[sensor] = persons
        self._estimator.presence(max(self._senses.seen.values()), now_ms)

    def sensor_lost(self, sensor: str) -> None:
        """A presence sensor does not answer: it neither sees somebody nor nobody."""
        self._senses.seen.pop(sensor, None)
        if not self._senses.seen:
            self._senses.last_seen_ms = None
        most = max(self._senses.seen.values(), default=0)
        self._estimator.presence(most, self._clock.boot_ms())

    def door(self, *, closed: bool | None) -> None:
        """The contact of the door; None where it is not known."""
        self._senses.door_closed = closed

    def stations(self, count: int | None) -> None:
        """Devices on the wifi now; None where nobody counts them."""
        self._estimator.stations(count)

    def estimate(self) -> Estimate:
        """As of all that was heard."""
        return self._estimator.estimate()

    def zero(self, reason: ZeroReason) -> Zero:
        """Nobody is inside: by hand, or because the vehicle is at its depot."""
        return self._zero(reason, learns=True)

    def tick(self, utc_ms: int | None) -> Zero | None:
        """What must be done by now: a zero that is due, the file. The zero, if there was one.

        `utc_ms`: the time by a trusted clock; None where there is none.
        """
        local_at = None if utc_ms is None else datetime.fromtimestamp(utc_ms / 1_000, self._zone)
        zero = self._due(local_at)
        rules = self._place.rules
        if self._zeroed_on is None and local_at is not None and rules.night_hour is not None:
            self._zeroed_on = service_day(local_at, rules.night_hour)
        self.keep()
        return zero

    def keep(self, *, at_once: bool = False) -> None:
        """Write the state where it is time, or `at_once`: before the end."""
        zeroed_on = self._zeroed_on.isoformat() if self._zeroed_on else None
        state = self._estimator.state()
        self._file.keep(state, zeroed_on, self._clock.boot_ms(), at_once=at_once)

    def report(self) -> dict[str, object]:
        """The count's fields of an `occupancy` message; entered and left since the last one."""
        estimate = self._estimator.estimate()
        totals = (self._estimator.entered, self._estimator.left)
        body: dict[str, object] = {
            "persons": min(estimate.persons, MOST_PERSONS),
            "error_persons": min(estimate.error_persons, MOST_PERSONS),
            "entered": min(totals[0] - self._reported[0], MOST_PERSONS),
            "left": min(totals[1] - self._reported[1], MOST_PERSONS),
            "over_capacity": estimate.over_capacity,
        }
        self._reported = totals
        if self._zeroes:
            drift = sum(zero.drift_persons for zero in self._zeroes)
            body["drift_persons"] = max(min(drift, MOST_PERSONS), -MOST_PERSONS)
            body["rezeroed"] = True
            self._zeroes.clear()
        return body

    def _due(self, local_at: datetime | None) -> Zero | None:
        senses = self._senses
        seen_now = any(senses.seen.values())
        now_ms = self._clock.boot_ms()
        if seen_now:
            senses.last_seen_ms = now_ms
        signs = Signs(
            now_ms,
            local_at,
            senses.last_passage_ms,
            seen_now,
            senses.last_seen_ms,
            senses.door_closed,
        )
        reason = due_zero(self._place.rules, signs, self._zeroed_on)
        if reason == "night" and local_at is not None:
            return self._zero_of_night(local_at)
        if reason is None or self._estimator.is_fresh():
            return None
        return self._zero(reason, learns=True)

    def _zero_of_night(self, local_at: datetime) -> Zero:
        """The zero of the last night; if it fell into the time before our start, who knows."""
        hour = self._place.rules.night_hour or 0
        self._zeroed_on = service_day(local_at, hour)
        fell_at = datetime.combine(self._zeroed_on, datetime.min.time(), self._zone)
        since = local_at - (fell_at + timedelta(hours=hour))
        was_running = since.total_seconds() <= self._clock.monotonic_s() - self._started_s
        zero = self._zero("night", learns=was_running)
        if not was_running:
            self._estimator.lost_sight(None)
        return zero

    def _zero(self, reason: ZeroReason, *, learns: bool) -> Zero:
        zero = self._estimator.rezero(reason, self._clock.boot_ms(), learns=learns)
        self._zeroes.append(zero)
        _log.info(
            "counting=zero reason=%s drift_persons=%d passages=%d shares=%s",
            zero.reason,
            zero.drift_persons,
            zero.passages,
            {way: round(share, 3) for way, share in self._estimator.shares().items()},
        )
        self.keep(at_once=True)
        return zero

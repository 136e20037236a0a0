"""A departure in words: what a row says with network, and what it falls back on without.

Rules of this file: pure; every text comes out finished. The fallback never holds minutes or an
age that would go on counting: it dates what was known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from backend.arrivals.departure_state import Punctuality, minutes, punctuality
from backend.arrivals.model import Departure, State
from backend.arrivals.plans import Plans
from backend.arrivals.settings import ArrivalSettings
from backend.web.formats import Language, clock_time, day, spaced
from backend.web.map_space import text_width
from backend.web.moment import Moment
from backend.web.words import reason, say

_DESTINATION_PX, _COLUMN_PX = 66, 820


@dataclass(frozen=True, slots=True)
class Face:
    """One way of saying a row."""

    state: State
    word: str
    more: str
    """May hold one age, written by the template where `since_ms` is given."""
    line: str
    line_is: str
    """"" for a plain line, "lost" or "off" for a reason in the colour of its state."""
    clock: str
    clock_more: str = ""
    minutes: int | None = None
    said: str = ""
    """Words instead of a time: approaching, at the stop."""
    about: bool = False
    since_ms: int | None = None
    since_is: str = "age"
    """"age" for how old, "lasting" for how long."""
    before_contact: str = ""
    """Words before the hour of the last contact, which only the page knows."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the board."""

    key: str
    line: str
    service: str
    """Service of a truck; empty for a bus."""
    destination: str
    known: Face
    cut: Face
    expected_ms: int | None
    is_long: bool
    """The destination needs smaller letters to fit its column."""
    until_ms: int
    """When the row has nothing more to say without network."""
    date: str


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Puts departures of one territory into one language at one moment."""

    plans: Plans
    settings: ArrivalSettings
    language: Language
    moment: Moment
    services: Mapping[str, str]
    """Unit to service, of trucks."""

    def row(self, departure: Departure, next_chance: Departure | None) -> RowView:
        """The row of a departure; `next_chance` is asked for when it does not come."""
        trip = departure.dated.trip
        stays_s = {
            State.NOT_COMING: self.settings.cancelled_stays_s,
            State.NO_CONTACT: self.settings.no_contact_stays_s,
        }.get(departure.state, self.settings.timetable_stays_s)
        return RowView(
            key=departure.key,
            line=departure.route.short_name,
            service=self._service(departure),
            destination=self._set(trip.headsign),
            is_long=text_width(self._set(trip.headsign), _DESTINATION_PX) > _COLUMN_PX,
            known=self._known(departure, next_chance),
            cut=self._cut(departure),
            expected_ms=departure.expected_ms,
            until_ms=max(departure.scheduled_ms + round(stays_s * 1_000), departure.until_ms or 0),
            date=self.moment.at(departure.scheduled_ms).date().isoformat(),
        )

    def state_word(self, departure: Departure) -> str:
        """The state as it is spoken."""
        return self._say(departure.state.value)

    def _known(self, departure: Departure, next_chance: Departure | None) -> Face:
        match departure.state:
            case State.LIVE | State.LIVE_AGEING:
                return self._measured(departure)
            case State.NO_CONTACT:
                return self._no_contact(departure)
            case State.NOT_COMING:
                return self._face(
                    departure,
                    more=self._next(next_chance),
                    line=self.reason_of(departure),
                    line_is="off",
                )
            case State.TIMETABLE:
                why = departure.untracked or "no_tracking"
                if why == "off_route" and departure.is_truck:
                    why = "off_route_truck"  # type: ignore[assignment]  # a key of words, not a reason
                return self._face(departure, more=self._say(why))

    def _measured(self, departure: Departure) -> Face:
        said = punctuality(departure, self.settings)
        wait = minutes(departure, self.moment.now_ms, self.settings)
        expected = self._time(departure.expected_ms or departure.scheduled_ms)
        words = ""
        if departure.at_stop:
            words = self._say("at_stop")
        elif wait == 0:
            words = self._say("approaching")
        return self._face(
            departure,
            more=self._say("position_age", age="{age}"),
            line=self._say("late", n=said.minutes) if said.said == "late" else None,
            clock=expected,
            clock_more=self._promise(departure, said, expected, counted=wait is not None),
            minutes=wait,
            said=words,
            about=departure.state is State.LIVE_AGEING,
            since_ms=departure.observed_ms,
        )

    def _promise(
        self, departure: Departure, said: Punctuality, expected: str, *, counted: bool
    ) -> str:
        """The small line under the time of a measured row."""
        scheduled = self._time(departure.scheduled_ms)
        if departure.is_truck and departure.at_stop:
            return ""
        if said.said == "late":
            key = "instead_of" if counted else "instead_only"
            return self._say(key, t=expected, s=scheduled)
        if said.said == "early":
            return self._say("early", n=said.minutes, t=scheduled)
        on_time = self._say("on_time")
        return f"{self._say('at_time', t=expected)}, {on_time}" if counted else on_time

    def _no_contact(self, departure: Departure) -> Face:
        line: str | None = None
        if departure.unknown_past:
            line = self._say("unknown_past_truck" if departure.is_truck else "unknown_past")
        elif departure.last_stop_id is not None:
            place = self._set(self.plans.stops[departure.last_stop_id].name)
            line = self._say("signal_lost", place=place)
        return self._face(
            departure,
            more="{age}" if departure.observed_ms is not None else "",
            line=line,
            line_is="lost" if line is not None else "",
            clock_more=self._say("no_contact_time"),
            since_ms=departure.observed_ms,
            since_is="lasting",
        )

    def _cut(self, departure: Departure) -> Face:
        """The row when nobody can be asked any more."""
        match departure.state:
            case State.NOT_COMING:
                before = self._say("told_before", t="")
                line = self.reason_of(departure)
                return self._face(
                    departure, more="", line=line, line_is="off", before_contact=before
                )
            case State.NO_CONTACT:
                known = self._no_contact(departure)
                since = "" if departure.observed_ms is None else self._since(departure.observed_ms)
                return self._face(
                    departure, more=since, line=known.line or None, line_is=known.line_is
                )
            case State.LIVE | State.LIVE_AGEING:
                return self._was_measured(departure)
            case State.TIMETABLE:
                return self._known(departure, None)

    def _was_measured(self, departure: Departure) -> Face:
        said = punctuality(departure, self.settings)
        seen = self._time(departure.observed_ms or departure.scheduled_ms)
        line: str | None = None
        if departure.at_stop:
            more = self._say("seen_at_stop", t=seen)
        elif said.said == "late":
            more = self._say("late_possible")
            line = self._say("late_announced", n=said.minutes, t=seen)
        else:
            more = self._say("seen_early" if said.said == "early" else "seen_on_time", t=seen)
        return self._face(departure, state=State.TIMETABLE, more=more, line=line)

    def _face(
        self,
        departure: Departure,
        *,
        more: str,
        state: State | None = None,
        line: str | None = None,
        line_is: str = "",
        clock: str | None = None,
        clock_more: str = "",
        minutes: int | None = None,
        said: str = "",
        about: bool = False,
        since_ms: int | None = None,
        since_is: str = "age",
        before_contact: str = "",
    ) -> Face:
        shown = state or departure.state
        return Face(
            state=shown,
            word=self._say(shown.value),
            more=more,
            line=self._via(departure) if line is None else line,
            line_is=line_is,
            clock=clock or self._time(departure.scheduled_ms),
            clock_more=clock_more,
            minutes=minutes,
            said=said,
            about=about,
            since_ms=since_ms,
            since_is=since_is,
            before_contact=before_contact,
        )

    def _via(self, departure: Departure) -> str:
        if departure.is_truck and departure.until_ms is not None:
            return self._say("settles_until", t=self._time(departure.until_ms))
        trip = departure.dated.trip
        ahead = ", ".join(self._places_ahead(departure))
        parts = [self._say("via", places=self._set(ahead))] if ahead else []
        if trip.school:
            parts.append(self._say("school"))
        return " · ".join(parts)

    def _places_ahead(self, departure: Departure) -> list[str]:
        """What the trip passes by, without this stop and those before it."""
        visits = departure.dated.visits[: departure.index + 1]
        behind = [self.plans.stops[visit.stop_id].name for visit in visits]
        places = [place.strip() for place in departure.dated.trip.via.split(",")]
        return [p for p in places if p and not any(name.startswith(p) for name in behind)]

    def reason_of(self, departure: Departure) -> str:
        """Why a cancelled departure does not come."""
        cancellation = departure.dated.cancellation
        if cancellation is None:
            return self._say("unknown")
        return reason(self.language, cancellation.reason, self._set(cancellation.place))

    def _next(self, chance: Departure | None) -> str:
        if chance is None:
            return self._say("next_unknown", tel=self.plans.territory.phone)
        time = self._time(chance.scheduled_ms)
        when, today = self.moment.at(chance.scheduled_ms).date(), self.moment.local.date()
        if when == today:
            return self._say("next_today", t=time)
        if when == today + dt.timedelta(days=1):
            return self._say("next_tomorrow", t=time)
        weekday = day(when, self.language).split(" ", 1)[0]
        return self._say("next_day", d=weekday, t=time)

    def _service(self, departure: Departure) -> str:
        if not departure.is_truck:
            return ""
        unit = departure.dated.trip.vehicle
        return self.services.get(unit or "") or self.services.get(
            departure.dated.trip.headsign, "bus"
        )

    def _since(self, since_ms: int) -> str:
        """Since when, as a time that does not go on counting."""
        when = self.moment.at(since_ms)
        same_day = when.date() == self.moment.local.date()
        shown = clock_time(when) if same_day else day(when.date(), self.language)
        return ("depuis " if self.language == "fr" else "since ") + shown

    def _time(self, moment_ms: int) -> str:
        return clock_time(self.moment.at(moment_ms))

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def _set(self, text: str) -> str:
        return spaced(text, self.language)

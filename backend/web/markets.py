"""The market of services at a stop, in words: today, over, or the next one. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from backend.territory.service_days import Calendar
from backend.web.formats import Language, capital, day, hours, spaced, span
from backend.web.moment import Moment
from backend.web.words import say
from contract.territory_file import Market, Territory

_LOOKS_AHEAD_DAYS = 14


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `strong` comes first and bold."""

    text: str
    strong: str = ""
    as_written: bool = False
    """`text` is in the language of the territory, whatever the page's."""


@dataclass(frozen=True, slots=True)
class MarketView:
    """What a board says of markets."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A market on one day."""

    market: Market
    date: dt.date


def market_view(
    territory: Territory, calendar: Calendar, stop_id: str, moment: Moment, language: Language
) -> MarketView | None:
    """The market of the day at a stop, else the next one here, else the next one anywhere."""
    today, minute = moment.local.date(), moment.local.hour * 60 + moment.local.minute
    here = [m for m in territory.markets if m.stop_id == stop_id]
    names = {stop.stop_id: stop.name for stop in territory.stops}
    now_here = [m for m in here if calendar.is_market_day(m, today)]
    open_or_to_come = [m for m in now_here if minute < m.closes_min]
    if open_or_to_come:
        return _today(min(open_or_to_come, key=lambda m: m.opens_min), language)
    following = _next(here, calendar, today)
    elsewhere = _next(
        [m for m in territory.markets if m.stop_id != stop_id], calendar, today, from_min=minute
    )
    lines = []
    if following is not None:
        when = f"{day(following.date, language)}, {hours(following.market.opens_min)}"
        before = say(language, "market_next", date="") + " "
        lines.append(Line(text="", strong=before + when))
    if elsewhere is not None:
        lines.append(Line(_elsewhere(elsewhere, names, today, language)))
    if not lines:
        return None
    return MarketView(say(language, "market_over" if now_here else "market_here"), tuple(lines))


def _today(market: Market, language: Language) -> MarketView:
    return MarketView(
        say(language, "market_today"),
        (
            Line(
                strong=span(market.opens_min, market.closes_min, language),
                text=", " + spaced(market.place, language),
                as_written=True,
            ),
            Line(
                " · ".join(spaced(service, language) for service in market.services),
                as_written=True,
            ),
        ),
    )


def _next(
    markets: list[Market], calendar: Calendar, today: dt.date, from_min: int | None = None
) -> _Held | None:
    """The first one after today; today's too if it opens after `from_min`."""
    for shift in range(0 if from_min is not None else 1, _LOOKS_AHEAD_DAYS):
        date = today + dt.timedelta(days=shift)
        held = [
            market
            for market in markets
            if calendar.is_market_day(market, date)
            and (shift > 0 or from_min is None or market.opens_min > from_min)
        ]
        if held:
            return _Held(min(held, key=lambda market: market.opens_min), date)
    return None


def _elsewhere(held: _Held, names: dict[str, str], today: dt.date, language: Language) -> str:
    shift = (held.date - today).days
    near = {0: say(language, "today"), 1: say(language, "tomorrow")}
    return say(
        language,
        "market_elsewhere",
        when=near.get(shift, capital(day(held.date, language))),
        place=spaced(names[held.market.stop_id], language),
        hours=span(held.market.opens_min, held.market.closes_min, language),
    )

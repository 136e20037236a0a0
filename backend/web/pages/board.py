"""The board of a stop: the next departures, the market, one message."""

from __future__ import annotations

from functools import partial

from backend.arrivals.model import Board, Departure, State
from backend.web import sun
from backend.web.context import BOARD_ROWS, Context
from backend.web.formats import Language, capital, clock_time, day, spaced
from backend.web.markets import market_view
from backend.web.moment import Moment
from backend.web.page import Page
from backend.web.rendering import Renderer
from backend.web.rows import RowWriter
from backend.web.words import say
from contract.territory_file import Stop

EVENING_FROM_H = 17


def compose(context: Context, stop: Stop, language: Language) -> Page:
    """The board as it stands now."""
    moment = context.moment()
    light = sun.light(moment.now_ms, stop.latitude, stop.longitude) if moment.is_set else "day"
    renderer = Renderer(language, moment)
    if not moment.is_set:
        return _without_clock(context, stop, language, renderer)
    board = context.arrivals.board(stop.stop_id, moment.now_ms)
    writer = context.writer(language, moment)
    shown, spare = board.rows[:BOARD_ROWS], (*board.rows[BOARD_ROWS:], *board.later)
    today = moment.local.date()

    def html(departure: Departure, *, is_spare: bool) -> str:
        row = writer.row(departure, _chance(context, departure))
        return renderer.part("board_row.html", "row_of", row, is_spare)

    parts = {f"row-{row.key}": html(row, is_spare=False) for row in shown}
    for row in board.rows[BOARD_ROWS:]:
        parts[f"row-{row.key}"] = html(row, is_spare=True)
    for row in board.later:
        parts[f"row-{row.key}"] = context.keep(
            ("later", row.key, language, today), partial(html, row, is_spare=True)
        )
    market = market_view(
        context.territory, context.arrivals.plans.calendar, stop.stop_id, moment, language
    )
    empty = "" if board.rows else _nothing_now(context, board, moment, language)
    parts["empty"] = renderer.part("board_parts.html", "empty", empty)
    parts["market"] = renderer.part("board_parts.html", "market", market)
    parts["message"] = renderer.part(
        "board_parts.html",
        "message",
        _message(context, board, language),
        say(language, "call_between", tel=context.territory.phone),
    )
    return Page(
        title=_title(stop, shown, writer, language),
        light=light,
        parts=parts,
        orders={"rows": tuple(f"row-{row.key}" for row in (*shown, *spare))},
        news={f"row-{row.key}": _spoken(row, writer, language) for row in shown},
    )


def _chance(context: Context, departure: Departure) -> Departure | None:
    cancelled = departure.state is State.NOT_COMING
    return context.arrivals.next_chance(departure) if cancelled else None


def _without_clock(context: Context, stop: Stop, language: Language, renderer: Renderer) -> Page:
    """Without the time nothing can be said of departures."""
    phone = context.territory.phone
    sentence = say(language, "clock_unset_more", tel=phone)
    call = say(language, "doubt_call", tel=phone)
    return Page(
        title=f"{_name(stop, language)} · {say(language, 'clock_unset')}",
        light="day",
        parts={
            "empty": renderer.part("board_parts.html", "empty", sentence),
            "market": renderer.part("board_parts.html", "market", None),
            "message": renderer.part("board_parts.html", "message", call, call),
        },
        orders={"rows": ()},
    )


def _title(stop: Stop, shown: tuple[Departure, ...], writer: RowWriter, language: Language) -> str:
    """Page, place and state."""
    state = _spoken(shown[0], writer, language) if shown else ""
    parts = (say(language, "next_departures"), _name(stop, language), state)
    return " · ".join(part for part in parts if part)


def _spoken(departure: Departure, writer: RowWriter, language: Language) -> str:
    return say(
        language,
        "state_changed",
        line=departure.route.short_name,
        place=spaced(departure.dated.trip.headsign, language),
        state=writer.state_word(departure),
    )


def _nothing_now(context: Context, board: Board, moment: Moment, language: Language) -> str:
    following = board.next_later
    if following is None:
        return say(language, "nothing_planned", tel=context.territory.phone)
    when = moment.at(following.scheduled_ms)
    tomorrow = (when.date() - moment.local.date()).days == 1
    if not board.served_today:
        key = "no_service"
    else:
        key = "end_of_evening" if moment.local.hour >= EVENING_FROM_H else "end_of_day"
    return say(
        language,
        key,
        when=say(language, "tomorrow") if tomorrow else capital(day(when.date(), language)),
        line=following.route.short_name,
        t=clock_time(when),
    )


def _message(context: Context, board: Board, language: Language) -> str:
    """One message: what to do about a cancelled departure, else whom to call."""
    phone = context.territory.phone
    for row in board.rows[:BOARD_ROWS]:
        cancellation = row.dated.cancellation
        if cancellation is not None:
            place = spaced(row.dated.trip.headsign, language)
            writer = context.writer(language, context.moment())
            return say(
                language, "cancelled_call", reason=writer.reason_of(row), place=place, tel=phone
            )
    return say(language, "doubt_call", tel=phone)


def _name(stop: Stop, language: Language) -> str:
    return " ".join(spaced(part, language) for part in (stop.name, stop.detail) if part)

"""The honest states of a board, one by one, and what must hold of all of them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.arrivals.departure_state import minutes, punctuality
from backend.arrivals.model import Board, Departure, State
from backend.live.state import LiveState
from contract.backend import Accepted, AcceptedBatch
from contract.codec import encode
from contract.uplink import Position
from tests.arrivals.scene import SETTINGS, FakeLive, arrivals_with, at, seen
from tests.territory.sample import LATITUDE

STOP = "le-bleymard"


def _board(live: FakeLive, now_ms: int, stop_id: str = STOP) -> Board:
    return arrivals_with(live).board(stop_id, now_ms)


def _row(board: Board, trip_id: str) -> Departure | None:
    return next((row for row in board.rows if row.dated.trip.trip_id == trip_id), None)


def _must(row: Departure | None) -> Departure:
    assert row is not None
    return row


def _b1(observed_ms: int, now_ms: int, longitude: float = 3.75) -> Departure | None:
    live = FakeLive()
    live.put("bus/b1", seen(longitude, observed_ms))
    return _row(_board(live, now_ms), "b1-0800")


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0, State.LIVE),
        (90, State.LIVE),
        (91, State.LIVE_AGEING),
        (300, State.LIVE_AGEING),
        (301, State.NO_CONTACT),
    ],
)
def test_the_age_of_the_position_decides(age_s: int, state: State):
    row = _must(_b1(at(8, 10), at(8, 10) + age_s * 1_000))
    assert row.state is state
    assert row.observed_ms == at(8, 10)


def test_minutes_are_rounded_down_and_only_up_to_thirty():
    row = _must(_b1(at(8, 10), at(8, 10)))
    assert row.expected_ms is not None
    assert minutes(row, row.expected_ms - 4 * 60_000, SETTINGS) == 4
    assert minutes(row, row.expected_ms - 5 * 60_000 + 1, SETTINGS) == 4
    assert minutes(row, row.expected_ms - 59_000, SETTINGS) == 0
    assert minutes(row, row.expected_ms - 30 * 60_000, SETTINGS) == 30
    assert minutes(row, row.expected_ms - 30 * 60_000 - 1, SETTINGS) is None


def test_a_delay_is_said_from_three_minutes():
    assert punctuality(_must(_b1(at(8, 12), at(8, 12))), SETTINGS).said == "on_time"
    late = punctuality(_must(_b1(at(8, 19), at(8, 19))), SETTINGS)
    assert (late.said, late.minutes) == ("late", 8)


def test_a_board_never_shows_a_departure_before_the_promised_time():
    early = _must(_b1(at(8, 8), at(8, 8), longitude=3.71))
    assert punctuality(early, SETTINGS).said == "early"
    assert early.expected_ms == early.scheduled_ms == at(8, 16)


def test_a_bus_that_has_passed_is_gone_and_one_that_stands_there_is_not():
    assert _b1(at(8, 18), at(8, 18), longitude=3.69) is None
    live = FakeLive()
    live.put("bus/b1", seen(3.7, at(8, 16), speed_m_s=0.0))
    assert _must(_row(_board(live, at(8, 16)), "b1-0800")).at_stop


def test_without_tracking_only_the_timetable_is_said():
    row = _must(_row(_board(FakeLive(), at(8, 10)), "b1-0800"))
    assert (row.state, row.untracked, row.expected_ms) == (State.TIMETABLE, "no_tracking", None)
    row = _must(_row(_board(FakeLive(), at(8, 10)), "b1-0900"))
    assert (row.state, row.untracked) == (State.TIMETABLE, "to_come")


def test_a_vehicle_off_its_way_is_not_forecast():
    live = FakeLive()
    live.put("bus/b1", seen(3.75, at(8, 10), latitude=44.55))
    row = _must(_row(_board(live, at(8, 10)), "b1-0800"))
    assert (row.state, row.untracked) == (State.TIMETABLE, "off_route")


def test_a_vehicle_still_on_its_earlier_trip_has_not_departed_and_is_not_forgotten():
    live = FakeLive()
    live.put("bus/b1", seen(3.55, at(9, 45), course_deg=270.0))
    row = _must(_row(_board(live, at(9, 45)), "b1-0900"))
    assert (row.state, row.untracked) == (State.TIMETABLE, "not_departed")


def test_a_vehicle_that_says_goodbye_is_no_longer_followed_and_nothing_is_wrong():
    live = FakeLive()
    live.put("bus/b1", None, presence="asleep")
    row = _must(_row(_board(live, at(8, 10)), "b1-0800"))
    assert (row.state, row.untracked) == (State.TIMETABLE, "asleep")


def test_a_vehicle_that_fell_silent_before_its_trip_is_without_contact_on_it():
    live = FakeLive()
    live.put("bus/b1", seen(3.6, at(8, 35), course_deg=270.0))
    row = _must(_row(_board(live, at(9, 10)), "b1-0900"))
    assert row.state is State.NO_CONTACT
    assert row.last_stop_id == "le-bleymard"


@pytest.mark.parametrize(
    ("minutes_after", "state", "unknown_past"),
    [
        (19, State.NO_CONTACT, False),
        (20, State.NO_CONTACT, True),
        (39, State.NO_CONTACT, True),
        (40, None, False),
    ],
)
def test_a_silent_row_stays_and_then_says_that_nobody_knows(
    minutes_after: int, state: State | None, unknown_past: bool
):
    row = _b1(at(8, 10), at(8, 16) + minutes_after * 60_000)
    assert (row and row.state) is state
    assert bool(row and row.unknown_past) is unknown_past


def test_a_silent_vehicle_that_comes_back_is_live_at_once():
    live = FakeLive()
    live.put("bus/b1", seen(3.75, at(8, 5)))
    arrivals = arrivals_with(live)
    assert _must(_row(arrivals.board(STOP, at(8, 12)), "b1-0800")).state is State.NO_CONTACT
    live.put("bus/b1", seen(3.72, at(8, 12)))
    arrivals.refresh()
    assert _must(_row(arrivals.board(STOP, at(8, 12)), "b1-0800")).state is State.LIVE


def test_a_cancelled_row_stays_until_ten_minutes_after_its_time():
    for now_ms, there in ((at(8, 0), True), (at(9, 14), True), (at(9, 15), False)):
        row = _row(_board(FakeLive(), now_ms), "b7-0905")
        assert (row is not None) is there
        assert row is None or row.state is State.NOT_COMING


def test_a_cancelled_departure_names_the_next_chance():
    arrivals = arrivals_with(FakeLive())
    cancelled = _must(_row(arrivals.board(STOP, at(8, 0)), "b7-0905"))
    chance = arrivals.next_chance(cancelled)
    assert chance is not None
    assert chance.scheduled_ms == at(9, 5, day=dt.date(2026, 11, 27))


def test_rows_stand_in_the_order_in_which_a_person_must_be_there():
    live = FakeLive()
    live.put("bus/b1", seen(3.799, at(8, 14), speed_m_s=0.0))
    live.put("bus/b4", seen(3.62, at(8, 12)))
    rows = _board(live, at(8, 14)).rows
    assert [row.be_there_ms for row in rows] == sorted(row.be_there_ms for row in rows)
    names = [row.dated.trip.trip_id for row in rows]
    assert names.index("b4-0805") < names.index("b1-0800")
    assert names.index("sante-out") < names.index("b7-0905")


def test_a_truck_is_announced_where_it_stays_and_until_when():
    row = _must(_row(_board(FakeLive(), at(8, 10)), "sante-out"))
    assert (row.scheduled_ms, row.until_ms) == (at(9, 0), at(12, 30))
    assert _row(_board(FakeLive(), at(12, 0)), "sante-out") is not None
    assert _row(_board(FakeLive(), at(12, 30)), "sante-out") is None
    assert _row(_board(FakeLive(), at(8, 10), "mende"), "sante-home") is None


def test_after_the_last_departure_the_board_knows_the_next_day():
    board = _board(FakeLive(), at(20, 0))
    assert board.rows == ()
    assert board.served_today
    assert board.next_later is not None
    assert board.next_later.scheduled_ms == at(8, 16, day=dt.date(2026, 11, 27))
    sunday = _board(FakeLive(), at(10, 0, day=dt.date(2026, 11, 29)))
    assert not sunday.served_today
    assert sunday.next_later is not None


_REPORT = st.tuples(st.integers(0, 1_200), st.floats(3.5, 3.8), st.floats(0.0, 30.0))


@settings(max_examples=60, deadline=None)
@given(st.lists(_REPORT, min_size=1, max_size=12), st.integers(0, 2_400), st.randoms())
def test_late_double_and_disordered_positions_never_make_a_newer_looking_state(
    reports: list[tuple[int, float, float]], now_s: int, chance
):
    reports = list({report[0]: report for report in reports}.values())
    disordered = [*reports, *chance.choices(reports, k=3)]
    chance.shuffle(disordered)
    now_ms = at(8, 0) + now_s * 1_000
    boards = []
    for order in (sorted(reports), disordered):
        live = LiveState()
        for report in order:
            live.apply(_batch(*report))
        arrivals = arrivals_with(live)  # type: ignore[arg-type]  # the real one
        boards.append(arrivals.board(STOP, now_ms))
    assert boards[0] == boards[1]
    newest_ms = at(8, 0) + max(report[0] for report in reports) * 1_000
    for row in boards[1].rows:
        assert row.observed_ms is None or row.observed_ms <= newest_ms


@settings(max_examples=150, deadline=None)
@given(_REPORT, st.integers(0, 3_600), st.sampled_from(["online", "lost", "unknown"]))
def test_a_stale_vehicle_never_shows_minutes(
    report: tuple[int, float, float], now_s: int, presence
):
    observed_ms, now_ms = at(8, 0) + report[0] * 1_000, at(8, 0) + now_s * 1_000
    live = FakeLive()
    live.put("bus/b1", seen(report[1], observed_ms, report[2]), presence)
    for row in _board(live, now_ms).rows:
        age_s = (now_ms - observed_ms) / 1_000
        if minutes(row, now_ms, SETTINGS) is not None:
            assert row.dated.trip.vehicle == "bus/b1"
            assert age_s <= SETTINGS.no_contact_s
            assert row.expected_ms is not None
            assert row.expected_ms >= max(row.scheduled_ms, now_ms)
        if age_s > SETTINGS.no_contact_s:
            assert not row.state.is_measured


def _batch(observed_s: int, longitude: float, speed_m_s: float) -> AcceptedBatch:
    observed_ms = at(8, 0) + observed_s * 1_000
    message = Position(
        outbox="0" * 16,
        seq=observed_s + 1,
        boot="00000001-00000001",
        observed_ms=observed_ms,
        clock="gnss",
        latitude=LATITUDE,
        longitude=longitude,
        speed_m_s=speed_m_s,
    )
    accepted = Accepted(
        kind="bus",
        unit="b1",
        stream="position",
        received_ms=observed_ms,
        live=True,
        message=encode(message),
    )
    return AcceptedBatch(accepted=(accepted,))

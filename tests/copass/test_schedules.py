"""Opening hours by the wall clock, also in the two nights in which it is changed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contract.rights import Schedule, Window
from edge.copass.schedules import is_open, midnight_ms, next_opening_ms

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY = 127
SPRING = (2026, 3, 29)
"""At 2:00 it becomes 3:00."""
AUTUMN = (2026, 10, 25)
"""At 3:00 it becomes 2:00."""


def at(year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=PARIS, fold=fold).timestamp() * 1e3)


def opened(schedule: Schedule, utc_ms: int, holidays=()) -> bool:
    return is_open(schedule, holidays, PARIS, utc_ms)


def test_eight_o_clock_stays_eight_o_clock_when_the_clocks_change():
    schedule = Schedule((Window(EVERY_DAY, 480, 1_080),))
    for year, month, day in (SPRING, AUTUMN, (2026, 7, 1)):
        assert not opened(schedule, at(year, month, day, 7, 59))
        assert opened(schedule, at(year, month, day, 8))
        assert opened(schedule, at(year, month, day, 17, 59))
        assert not opened(schedule, at(year, month, day, 18))


def test_the_hour_that_comes_twice_is_open_twice_and_the_missing_one_not_at_all():
    night = Schedule((Window(EVERY_DAY, 120, 180),))
    assert opened(night, at(*AUTUMN, 2, 30, fold=0))
    assert opened(night, at(*AUTUMN, 2, 30, fold=1))
    assert not opened(night, at(*SPRING, 3, 0))


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on():
    friday_night = Schedule((Window(1 << 4, 22 * 60, 2 * 60),))
    assert opened(friday_night, at(2026, 10, 30, 23))
    assert opened(friday_night, at(2026, 10, 31, 1, 59))
    assert not opened(friday_night, at(2026, 10, 31, 2))
    assert not opened(friday_night, at(2026, 10, 30, 1))
    assert not opened(friday_night, at(2026, 10, 31, 1), holidays={"2026-10-30"})


def test_a_window_to_the_end_of_the_day_is_open_to_the_last_minute():
    schedule = Schedule((Window(EVERY_DAY, 0, 1_440),))
    assert opened(schedule, at(2026, 10, 31, 23, 59))
    assert opened(schedule, at(2026, 11, 1, 0))


def test_the_next_opening_passes_over_the_weekend_and_the_holiday():
    schedule = Schedule((Window(0b0011111, 480, 1_080),))
    friday_evening = at(2026, 10, 30, 19)
    assert next_opening_ms(schedule, (), PARIS, friday_evening) == at(2026, 11, 2, 8)
    assert next_opening_ms(schedule, {"2026-11-02"}, PARIS, friday_evening) == at(2026, 11, 3, 8)
    assert next_opening_ms(Schedule(()), (), PARIS, friday_evening) is None


def test_midnight_of_a_long_day_is_its_own():
    assert midnight_ms(at(*AUTUMN, 23), PARIS) == at(*AUTUMN, 0)


windows = st.builds(Window, st.integers(1, 127), st.integers(0, 1_439), st.integers(0, 1_440))


@given(st.lists(windows, min_size=1, max_size=3), st.integers(0, 366 * 24 * 60))
def test_at_the_next_opening_it_is_open_and_it_lies_ahead(made, minute):
    schedule = Schedule(tuple(made))
    now_ms = at(2026, 1, 1, 0) + minute * 60_000
    opens_ms = next_opening_ms(schedule, (), PARIS, now_ms)
    if opens_ms is not None and not 2 * 60 <= min(w.start_min for w in made) < 3 * 60:
        assert opens_ms > now_ms
        assert opened(schedule, opens_ms)

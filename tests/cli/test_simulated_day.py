"""Simulated time: on a market morning, by day, forward only, never past the present."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contract.territory_file import load_territory
from simulator.territories import build
from softplace.simulated_day import (
    first_start_ms,
    resumed_start_ms,
    richest_weekday,
    with_repeated_cancellations,
)

TERRITORY = load_territory(Path(build.__file__).with_name("lozere.json"))
PARIS = ZoneInfo("Europe/Paris")
HOUR_MS = 3_600_000

moments = st.datetimes(datetime(2026, 1, 2), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda d: round(d.replace(tzinfo=UTC).timestamp() * 1_000)
)


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, PARIS)


@given(now_ms=moments, speed=st.floats(0.5, 200))
def test_a_new_installation_starts_on_a_market_morning_well_in_the_past(
    now_ms: int, speed: float
) -> None:
    start_ms = first_start_ms(TERRITORY, now_ms, speed)
    at = local(start_ms)
    assert (at.hour, at.minute) == (8, 5)
    weekday = at.isoweekday()
    assert any(weekday in market.weekdays for market in TERRITORY.markets)
    assert weekday == richest_weekday(TERRITORY)
    assert timedelta(days=6) < timedelta(milliseconds=now_ms - start_ms) < timedelta(days=50)


@given(now_ms=moments, speed=st.floats(0.5, 30))
def test_a_whole_day_of_running_never_reaches_the_present(now_ms: int, speed: float) -> None:
    start_ms = first_start_ms(TERRITORY, now_ms, speed)
    day_ms = 24 * HOUR_MS
    assert start_ms + day_ms * speed < now_ms + day_ms


@given(now_ms=moments, back_ms=st.integers(0, 40 * 24 * HOUR_MS))
def test_a_restart_never_goes_back_nor_past_the_present(now_ms: int, back_ms: int) -> None:
    stopped_ms = now_ms - back_ms
    start_ms = resumed_start_ms(TERRITORY, stopped_ms, now_ms)
    assert stopped_ms <= start_ms <= now_ms
    if start_ms < now_ms:
        assert local(start_ms).isoweekday() <= 5
        assert 6 * 60 + 45 <= local(start_ms).hour * 60 + local(start_ms).minute < 19 * 60 + 30


def test_a_restart_goes_on_where_it_stopped_and_jumps_over_nights_and_weekends() -> None:
    now_ms = round(datetime(2026, 11, 22, tzinfo=PARIS).timestamp() * 1_000)

    def resumed(day: int, hour: int, minute: int) -> tuple[int, int, int]:
        stopped = datetime(2026, 11, day, hour, minute, tzinfo=PARIS)
        at = local(resumed_start_ms(TERRITORY, round(stopped.timestamp() * 1_000), now_ms))
        return at.day, at.hour, at.minute

    assert resumed(12, 11, 30) == (12, 11, 30)
    assert resumed(12, 19, 30) == (13, 6, 45)
    assert resumed(12, 3, 0) == (12, 6, 45)
    assert resumed(13, 20, 0) == (16, 6, 45)
    assert resumed(14, 10, 0) == (16, 6, 45)
    assert resumed(20, 20, 0) == (22, 0, 0)


def test_a_cancellation_is_seen_on_every_day_of_the_demonstration() -> None:
    first = date(2027, 7, 1)
    repeated = with_repeated_cancellations(TERRITORY, first).cancellations
    assert repeated[0].date == "2027-07-01"
    assert {c.trip_id for c in repeated} == {c.trip_id for c in TERRITORY.cancellations}
    assert all(date.fromisoformat(c.date).isoweekday() <= 5 for c in repeated)
    assert len({c.date for c in repeated}) == len(repeated)

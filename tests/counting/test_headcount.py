"""A place over days, restarts and power cuts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contract.clock import ManualClock
from edge.counting.headcount import Headcount, Place
from edge.counting.state_file import StateFile
from edge.counting.tracker import Way
from edge.counting.zeroing import ZeroRules

EVENING_MS = int(datetime(2026, 11, 24, 20, tzinfo=ZoneInfo("Europe/Paris")).timestamp() * 1_000)
HOUR_S = 3_600
PLACE = Place(20, [Way("beams", 0.1)], ZeroRules(night_hour=4, empty_after_s=1_800))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(EVENING_MS)


def headcount(tmp_path: Path, clock: ManualClock, boot: str = "boot-1") -> Headcount:
    return Headcount(PLACE, StateFile(tmp_path / "count.json", boot), clock)


def known(tmp_path: Path, clock: ManualClock, boot: str = "boot-1") -> Headcount:
    """A count that began in an empty room."""
    count = headcount(tmp_path, clock, boot)
    count.tick(clock.now_ms())
    count.zero("by_hand")
    count.report()
    return count


async def enter(count: Headcount, clock: ManualClock, persons: int) -> None:
    for _ in range(persons):
        await clock.advance(1)
        count.passed("beams", "door", "in")


async def test_a_first_start_knows_nothing_until_the_room_is_empty(
    tmp_path: Path, clock: ManualClock
):
    count = headcount(tmp_path, clock)
    assert count.estimate().error_persons >= 20
    count.presence("radar", 0)
    await clock.advance(1_800)
    zero = count.tick(None)
    assert zero is not None
    assert zero.reason == "empty"
    assert count.estimate().error_persons == 3
    assert count.tick(None) is None, "once is enough"


async def test_the_night_takes_the_drift_away_once_and_says_how_much(
    tmp_path: Path, clock: ManualClock
):
    count = known(tmp_path, clock)
    await enter(count, clock, 3)
    assert count.report() | {"error_persons": 0} == {
        "persons": 3,
        "error_persons": 0,
        "entered": 3,
        "left": 0,
        "over_capacity": False,
    }
    await clock.advance(7 * HOUR_S)
    assert count.tick(clock.now_ms()) is None
    await clock.advance(HOUR_S)
    assert count.tick(None) is None, "whose night is it?"
    zero = count.tick(clock.now_ms())
    assert zero is not None
    assert (zero.reason, zero.drift_persons) == ("night", 3)
    assert count.tick(clock.now_ms()) is None
    report = count.report()
    assert (report["persons"], report["drift_persons"], report["rezeroed"]) == (0, 3, True)
    assert "rezeroed" not in count.report()


async def test_a_sensor_that_repeats_itself_does_not_put_the_zero_off(
    tmp_path: Path, clock: ManualClock
):
    count = known(tmp_path, clock)
    await enter(count, clock, 2)
    count.presence("radar", 1)
    for _ in range(31):
        count.presence("radar", 0)
        await clock.advance(60)
    zero = count.tick(clock.now_ms())
    assert zero is not None
    assert (zero.reason, zero.drift_persons) == ("empty", 2)


async def test_a_lost_sensor_is_no_quiet_one(tmp_path: Path, clock: ManualClock):
    count = known(tmp_path, clock)
    await enter(count, clock, 2)
    count.presence("radar", 0)
    count.sensor_lost("radar")
    await clock.advance(HOUR_S)
    assert count.tick(clock.now_ms()) is None


async def test_a_restart_of_the_program_keeps_the_count_with_a_little_more_doubt(
    tmp_path: Path, clock: ManualClock
):
    count = known(tmp_path, clock)
    await enter(count, clock, 5)
    before = count.estimate()
    count.keep(at_once=True)
    await clock.advance(5)
    after = headcount(tmp_path, clock).estimate()
    assert after.persons == before.persons == 5
    assert before.error_persons < after.error_persons < 10


async def test_a_killed_program_doubts_by_what_may_have_passed_since_its_last_writing(
    tmp_path: Path, clock: ManualClock
):
    count = known(tmp_path, clock)
    await enter(count, clock, 6)
    await clock.advance(300)
    count.tick(clock.now_ms())
    await enter(count, clock, 6)
    await clock.advance(200)
    count.tick(clock.now_ms())
    estimate = headcount(tmp_path, clock).estimate()
    assert abs(12 - estimate.persons) <= estimate.error_persons


async def test_after_a_power_cut_anybody_may_be_inside(tmp_path: Path, clock: ManualClock):
    count = known(tmp_path, clock)
    await enter(count, clock, 5)
    count.keep(at_once=True)
    estimate = headcount(tmp_path, clock, "boot-2").estimate()
    assert estimate.persons + estimate.error_persons >= 20


async def test_a_night_without_power_is_made_up_for_without_believing_the_room_empty(
    tmp_path: Path, clock: ManualClock
):
    count = known(tmp_path, clock)
    await enter(count, clock, 5)
    count.keep(at_once=True)
    await clock.advance(13 * HOUR_S)
    again = headcount(tmp_path, clock, "boot-2")
    zero = again.tick(clock.now_ms())
    assert zero is not None
    assert again.estimate().persons + again.estimate().error_persons >= 20
    assert again.tick(clock.now_ms()) is None


async def test_the_file_is_written_rarely_and_a_broken_one_is_no_obstacle(
    tmp_path: Path, clock: ManualClock
):
    path = tmp_path / "count.json"
    count = known(tmp_path, clock)
    writings, content = 0, path.read_bytes()
    for _ in range(3_600):
        await enter(count, clock, 1)
        count.tick(clock.now_ms())
        if path.read_bytes() != content:
            writings, content = writings + 1, path.read_bytes()
    assert writings == 12
    path.write_bytes(b'{"boot":')
    assert headcount(tmp_path, clock).estimate().error_persons >= 20


async def test_a_file_that_cannot_be_written_is_said_once_and_once_when_it_can(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    place = tmp_path / "disk"
    count = Headcount(PLACE, StateFile(place / "count.json", "boot-1"), clock)
    for _ in range(3):
        count.passed("beams", "door", "in", clock.boot_ms())
        await clock.advance(301)
        count.tick(clock.now_ms())
    place.mkdir()
    await clock.advance(301)
    count.tick(clock.now_ms())
    said = [r.getMessage().split(" ")[0] for r in caplog.records if r.levelname == "WARNING"]
    assert said == ["counting=unwritable", "counting=written"]

from __future__ import annotations

from edge.counting.estimate import Estimate
from edge.space_agent.core import OccupancyPace
from edge.space_agent.people import People
from edge.space_agent.tap_point import locker_for
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, right


def of(persons: int, error: int = 2, *, over: bool = False) -> Estimate:
    return Estimate(persons, error, over)


def test_a_change_is_said_soon_and_a_crowd_at_the_door_is_one_message():
    pace = OccupancyPace(interval_s=300)
    assert pace.is_due(of(0), 100)
    said = [at for at in range(101, 131) if pace.is_due(of(at - 100), at)]
    assert said == [105, 110, 115, 120, 125, 130]
    assert not pace.is_due(of(30), 200)
    assert not pace.is_due(of(30, 4), 201), "a little more doubt is no news"
    assert pace.is_due(of(30, 5), 202)
    assert pace.is_due(of(30, 5), 502), "silence means something"


def test_a_zero_is_said_at_once():
    pace = OccupancyPace(interval_s=300)
    assert pace.is_due(of(3), 0)
    assert pace.is_due(of(0), 1, rezeroed=True)


def test_the_second_tap_of_a_card_is_its_leaving():
    people = People()
    for expected in ("in", "out", "in"):
        direction = people.direction_of("ada", None)
        assert direction == expected
        assert people.tap("ada", direction)
    assert people.direction_of("ada", "in") == "in"
    assert not people.tap("ada", "in")
    assert not people.tap("bob", "out")
    assert People(people.inside()).inside() == ("ada",)
    people.clear()
    assert len(people) == 0


def test_a_card_is_about_the_locker_that_it_may_open_now_or_next():
    lockers = ("drill", "saw")
    soon = booking(1, "ada", NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS, points=("drill",))
    now = booking(2, "ada", NOON_MS - HOUR_MS, NOON_MS + HOUR_MS, points=("saw",))
    over = booking(3, "ada", NOON_MS - 3 * HOUR_MS, NOON_MS - HOUR_MS, points=("drill",))
    door = right(4, "ada", points=("door", "room"))
    assert locker_for(lockers, [soon, now, over], None, NOON_MS) == "saw"
    assert locker_for(lockers, [soon, over], None, NOON_MS) == "drill"
    assert locker_for(lockers, [over, door], None, NOON_MS) is None
    assert locker_for(lockers, [over], None, None) == "drill", "without a clock nothing is over"
    assert locker_for(lockers, [now], "drill", NOON_MS) == "drill", "it comes to put back"
    assert locker_for((), [now], "drill", NOON_MS) is None

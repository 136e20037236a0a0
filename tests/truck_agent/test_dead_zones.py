"""A vehicle learns where it is without network, and for how long, from its own trips."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.truck_agent.dead_zones import MOST_CELLS, DeadZones, ZoneRules, around, cell_of

RULES = ZoneRules(least_s=30, most_s=7_200, margin_s=300, most_grace_s=2_700)


def through_the_valley(zones: DeadZones, start_s: float, minutes: int = 10) -> None:
    """Two minutes with network, `minutes` without, two with; 10 m/s to the north."""
    for second in range(0, (minutes + 4) * 60, 5):
        in_valley = 120 <= second < 120 + minutes * 60
        zones.see(start_s + second, 44.5 + second / 11_120, 3.5, connected=not in_valley)


def test_after_two_crossings_it_knows_before_it_drives_in():
    zones = DeadZones(RULES)
    entry = (44.5 + 120 / 11_120, 3.5)
    through_the_valley(zones, 0)
    assert zones.grace_s(*entry) == 0, "once is chance"
    through_the_valley(zones, 10_000)
    assert zones.grace_s(*entry) == 600 + 300
    assert zones.grace_s(entry[0] - 0.003, 3.5) == 900, "and in the cell before"
    assert zones.grace_s(44.3, 3.5) == 0
    half_way = zones.grace_s(44.5 + 420 / 11_120, 3.5)
    assert 300 + 240 <= half_way <= 300 + 420, "from half-way on it takes half as long"


def test_what_it_learned_outlives_the_program():
    zones = DeadZones(RULES)
    through_the_valley(zones, 0)
    through_the_valley(zones, 10_000)
    entry = (44.5 + 120 / 11_120, 3.5)
    assert DeadZones(RULES, zones.cells).grace_s(*entry) == zones.grace_s(*entry) > 0


def test_an_outage_that_ends_where_it_began_or_lasts_a_night_is_no_zone():
    zones = DeadZones(RULES)
    for start_s in (0, 10_000):
        for second in range(0, 1_200, 60):
            zones.see(start_s + second, 44.5, 3.5, connected=not 60 <= second < 1_000)
    assert zones.cells == {}
    for start_s in (0, 100_000):
        zones.see(start_s, 44.5, 3.5, connected=True)
        zones.see(start_s + 5, 44.5, 3.5, connected=False)
        zones.see(start_s + 40_000, 44.6, 3.5, connected=True)
    assert zones.cells == {}


def test_a_program_that_starts_without_network_learns_nothing_from_it():
    zones = DeadZones(RULES)
    for second in range(0, 600, 5):
        zones.see(second, 44.5 + second / 11_120, 3.5, connected=False)
    assert not zones.see(600, 44.6, 3.5, connected=True)


@given(
    st.lists(
        st.tuples(st.floats(-89, 89), st.floats(-179, 179), st.booleans(), st.floats(0.1, 9_000)),
        max_size=120,
    )
)
def test_the_memory_is_bounded_and_no_grace_exceeds_its_most(steps):
    zones, now_s = DeadZones(RULES), 0.0
    for latitude, longitude, connected, seconds in steps:
        now_s += seconds
        zones.see(now_s, latitude, longitude, connected=connected)
        assert 0 <= zones.grace_s(latitude, longitude) <= RULES.most_grace_s
    assert len(zones.cells) <= MOST_CELLS
    assert all(len(samples) <= 7 for samples in zones.cells.values())


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_a_cell_lies_among_the_nine_around_it(latitude, longitude):
    assert cell_of(latitude, longitude) in around(latitude, longitude)
    assert len(around(latitude, longitude)) == 9

"""The committed territory is what its facts give, and a living one."""

from pathlib import Path

import pytest

from contract.territory_file import load_territory
from simulator.geometry import distance_m, distance_to_way_m, way_of
from simulator.radio import load_shadows, radio_file_of
from simulator.territories import build

FILE = Path(build.__file__).with_name("lozere.json")


@pytest.fixture(scope="module")
def territory():
    return load_territory(FILE)


def test_committed_files_are_what_the_facts_give():
    assert build.main(["--check"]) == 0


def test_it_has_the_vehicles_and_spaces_of_the_demonstration(territory):
    kinds = [vehicle.unit.partition("/")[0] for vehicle in territory.vehicles]
    assert (kinds.count("bus"), kinds.count("truck"), len(territory.spaces)) == (6, 4, 5)
    assert len(territory.communes) == 152


def test_every_stop_lies_in_a_commune_of_the_file_and_near_its_centre(territory):
    centres = {c.insee: (c.latitude, c.longitude) for c in territory.communes}
    for stop in territory.stops:
        assert distance_m((stop.latitude, stop.longitude), centres[stop.insee]) < 9_500, stop.name


def test_shapes_pass_their_stops_in_order_and_wind_like_mountain_roads(territory):
    stops = {s.stop_id: (s.latitude, s.longitude) for s in territory.stops}
    for route in territory.routes:
        way = way_of(route.shape)
        assert max(distance_to_way_m(stops[s], way) for s in route.stop_ids) < 1.0
        first, last = stops[route.stop_ids[0]], stops[route.stop_ids[-1]]
        assert (way.points[0], way.points[-1]) == (first, last)
        assert way.length_m > 1.1 * distance_m(first, last)


def test_a_bus_is_on_its_way_at_every_minute_of_a_weekday(territory):
    for weekday in range(1, 6):
        runs = [
            (t.stop_times[0].departure_min, t.stop_times[-1].arrival_min)
            for t in territory.trips
            if weekday in t.weekdays and (t.vehicle or "").startswith("bus/")
        ]
        still = [m for m in range(390, 1_170) if not any(a <= m < b for a, b in runs)]
        assert still == []


def test_all_states_of_a_board_can_occur(territory):
    assert territory.cancellations
    untracked = {t.trip_id for t in territory.trips if t.vehicle is None}
    assert untracked - {c.trip_id for c in territory.cancellations}
    shadows = load_shadows(radio_file_of(FILE))
    buses = {t.route_id for t in territory.trips if t.vehicle is not None}
    shaded = [
        route.route_id
        for route in territory.routes
        if route.route_id in buses
        and any(
            distance_to_way_m((s.latitude, s.longitude), way_of(route.shape)) < s.radius_m
            for s in shadows
        )
    ]
    assert {"b2", "b3", "b5", "b6"} <= set(shaded)


def test_every_market_has_a_truck_or_a_bus_that_brings_people(territory):
    served = {
        (s.stop_id, weekday)
        for t in territory.trips
        for weekday in t.weekdays
        for s in t.stop_times
    }
    for market in territory.markets:
        for weekday in market.weekdays:
            assert (market.stop_id, weekday) in served, market

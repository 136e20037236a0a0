"""The map: where things stand and that labels keep out of each other's way."""

from __future__ import annotations

import itertools
import re

import pytest

from backend.arrivals.service import Arrivals
from backend.web.context import Context
from backend.web.map_ground import ground
from backend.web.map_marks import vehicle_marks
from backend.web.map_space import HEIGHT, WIDTH, Box, Projection
from backend.web.moment import Moment
from backend.web.pages import landing
from contract.clock import ManualClock
from tests.arrivals.scene import PARIS, SETTINGS, at, occupancy
from tests.territory.sample import SAMPLE
from tests.web.world import LOZERE, World

COUNTED_MS = at(10, 0) - 12_000


def _context(world: World) -> Context:
    arrivals = Arrivals(world.territory, world.live, SETTINGS)
    arrivals.refresh()
    return Context(world.territory, world.live, arrivals, world.clock)


def test_north_is_up_and_east_is_right():
    projection = Projection([(44.0, 3.0), (45.0, 4.0)])
    south_west, north_east = projection.spot(44.0, 3.0), projection.spot(45.0, 4.0)
    assert south_west.x < north_east.x
    assert north_east.y < south_west.y
    for spot in (south_west, north_east):
        assert 0 <= spot.x <= WIDTH
        assert 0 <= spot.y <= HEIGHT


def test_names_of_stops_cover_neither_each_other_nor_a_stop():
    drawn = ground(LOZERE, "fr")
    named = [mark for mark in drawn.stops if mark.label is not None]
    assert len(named) >= 30
    for one, other in itertools.combinations(drawn.room.names, 2):
        assert one.overlap(other) == 0


def test_a_territory_without_a_map_is_drawn_from_its_routes():
    bare = ground(SAMPLE, "fr")
    assert {line.kind for line in bare.lines} == {"outline", "main_road"}
    import msgspec

    unmapped = ground(msgspec.structs.replace(SAMPLE, map=()), "fr")
    assert {line.kind for line in unmapped.lines} == {"road"}


def test_no_vehicle_hides_another():
    world = World(LOZERE, ManualClock(at(8, 12)))
    world.see_all()
    context = _context(world)
    drawn = ground(LOZERE, "fr")
    marks = vehicle_marks(
        context.arrivals.plans,
        drawn,
        context.arrivals.fleet(at(8, 12)),
        Moment(at(8, 12), PARIS),
        "fr",
        drawn.room.copy(),
    )
    assert len(marks) == 10
    for one, other in itertools.combinations(marks, 2):
        far = max(abs(one.spot.x - other.spot.x), abs(one.spot.y - other.spot.y))
        assert far >= 20
    boxes = [
        Box(
            m.chip.left + m.spot.x,
            m.chip.top + m.spot.y,
            m.chip.right + m.spot.x,
            m.chip.bottom + m.spot.y,
        )
        for m in marks
    ]
    assert sum(a.overlap(b) for a, b in itertools.combinations(boxes, 2)) == 0


def test_a_silent_vehicle_is_marked_at_its_last_place_with_the_way_it_was_going():
    world = World(LOZERE, ManualClock(at(8, 30)))
    world.see_all()
    world.see("bus/b1", age_s=600)
    page = landing.compose(_context(world), "fr")
    assert "is-no_contact" in page.parts["face-bus-b1"]
    assert 'class="trail"' in page.parts["trail-bus-b1"]
    assert "Sans nouvelles" in page.parts["item-bus-b1"]
    assert 'class="trail"' not in page.parts["trail-bus-b4"]


def test_a_silent_space_is_marked():
    world = World(LOZERE, ManualClock(at(10, 0)))
    world.see_all()
    world.live.put("space/florac", None, "lost")
    page = landing.compose(_context(world), "fr")
    assert "Sans nouvelles" in page.parts["item-space-florac"]
    assert page.parts["map-places"].count("fill-lost") == 1


def test_an_open_space_shows_how_many_are_inside_and_how_old_that_is():
    world = World(LOZERE, ManualClock(at(10, 0)))
    world.see_all()
    world.live.say("space/florac", "occupancy", occupancy(3, COUNTED_MS))
    world.live.say("space/mende", "occupancy", occupancy(5, COUNTED_MS, 2))
    page = landing.compose(_context(world), "fr")
    marks = page.parts["map-places"]
    assert "Coworking de Florac, 3 personnes" in marks
    assert "5 personnes, à 2 près" in marks
    assert marks.count("il y a 12\u202fs") == 2
    assert "· 3 personnes" in page.parts["item-space-florac"]
    assert "il y a 12\u202fs" in page.parts["item-space-florac"]
    assert "3 people" in landing.compose(_context(world), "en").parts["map-places"]


def test_a_count_that_nobody_vouches_for_is_not_shown_as_one():
    world = World(LOZERE, ManualClock(at(10, 0)))
    world.see_all()
    world.live.say("space/florac", "occupancy", occupancy(0, COUNTED_MS, 24))
    assert (
        "nombre de personnes inconnu" in landing.compose(_context(world), "fr").parts["map-places"]
    )
    world.live.put("space/florac", None, "lost")
    assert "personne" not in landing.compose(_context(world), "fr").parts["map-places"]


def test_the_list_says_everything_the_map_shows():
    world = World(LOZERE, ManualClock(at(8, 12)))
    world.see_all()
    page = landing.compose(_context(world), "fr")
    units = [v.unit for v in LOZERE.vehicles] + [s.unit for s in LOZERE.spaces]
    assert page.orders["items"] == tuple(f"item-{unit.replace('/', '-')}" for unit in units)
    shown = {
        name for name, html in page.parts.items() if name.startswith("face-") and "<text" in html
    }
    assert shown <= {name.replace("item", "face") for name in page.orders["items"]}


@pytest.mark.parametrize("hour", [3, 8, 13, 22])
def test_the_page_loads_nothing_from_elsewhere(hour: int):
    world = World(LOZERE, ManualClock(at(hour, 12)))
    world.see_all()
    page = landing.compose(_context(world), "fr")
    for html in page.parts.values():
        assert not re.search(r"(?:https?:)?//", html)
        assert "style=" not in html

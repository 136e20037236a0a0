"""The board in words: every state renders, with and without network, in both languages."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.arrivals.service import Arrivals
from backend.web.context import Context
from backend.web.formats import LANGUAGES, Language
from backend.web.page import Page
from backend.web.pages import board, landing
from contract.clock import ManualClock
from contract.territory_file import Territory
from tests.arrivals.scene import SETTINGS, FakeLive, at, seen
from tests.territory.sample import SAMPLE
from tests.web.world import LOZERE, World

N = "\u202f"


def _context(live: FakeLive, now_ms: int, territory: Territory = SAMPLE) -> Context:
    arrivals = Arrivals(territory, live, SETTINGS)
    arrivals.refresh()
    return Context(territory, live, arrivals, ManualClock(now_ms))


def _board(
    live: FakeLive, now_ms: int, stop_id: str = "le-bleymard", language: Language = "fr"
) -> Page:
    context = _context(live, now_ms)
    return board.compose(context, context.arrivals.plans.stops[stop_id], language)


def _text(html: str) -> str:
    return re.sub(r"\s*<[^>]+>\s*", "|", html)


def _row(page: Page, trip: str) -> tuple[str, str]:
    """The text of a row's two faces: what is known, what is left without network."""
    html = next(html for name, html in page.parts.items() if name.startswith(f"row-{trip}"))
    faces = re.split(r'<span class="(known|cut)', html)
    known = "".join(b for a, b in zip(faces[1::2], faces[2::2], strict=True) if a == "known")
    cut = "".join(b for a, b in zip(faces[1::2], faces[2::2], strict=True) if a == "cut")
    return _text(known), _text(cut)


def _b1(age_s: int, speed_m_s: float = 12.0) -> tuple[str, str]:
    live = FakeLive()
    live.put("bus/b1", seen(3.75, at(8, 10), speed_m_s))
    return _row(_board(live, at(8, 10) + age_s * 1_000), "b1-0800")


def test_a_live_row():
    known, cut = _b1(12)
    assert "En direct" in known
    assert f"il y a 12{N}s" in known
    assert "|5|" in known
    assert f"à 8{N}h{N}16, à l’heure" in known
    assert "par Bagnols-les-Bains, Badaroux" in known
    assert "Horaire prévu" in cut
    assert f"vu à l’heure à 8{N}h{N}10" in cut
    assert f"8{N}h{N}16" in cut
    assert "min" not in cut


def test_an_ageing_row_says_about():
    known, _ = _b1(150)
    assert "environ" in known
    assert f"il y a 2{N}min" in known


def test_a_late_row_says_how_late_and_falls_back_on_the_timetable():
    live = FakeLive()
    live.put("bus/b1", seen(3.75, at(8, 19)))
    known, cut = _row(_board(live, at(8, 19)), "b1-0800")
    assert f"8{N}min de retard" in known
    assert f"à 8{N}h{N}24 au lieu de 8{N}h{N}16" in known
    assert "par Bagnols" not in known
    assert f"Retard de 8{N}min annoncé à 8{N}h{N}19" in cut
    assert "retard possible" in cut
    assert f"8{N}h{N}16" in cut


def test_a_row_without_contact():
    known, cut = _b1(14 * 60)
    assert "Sans nouvelles" in known
    assert f"depuis 14{N}min" in known
    assert f"8{N}h{N}16" in known
    assert "heure prévue, non confirmée" in known
    assert "Plus de signal depuis Villefort" in known
    assert f"depuis 8{N}h{N}10" in cut
    assert "Sans nouvelles" in cut


def test_a_row_of_which_nobody_knows_whether_it_has_passed():
    known, _ = _b1(30 * 60)
    assert "Nous ne savons pas si ce car est passé." in known


def test_a_cancelled_row_is_struck_with_its_reason_and_the_next_chance():
    page = _board(FakeLive(), at(8, 10))
    known, cut = _row(page, "b7-0905")
    assert "Ne passe pas" in known
    assert "Col de Finiels fermé par la neige" in known
    assert f"prochain{N}: demain à 9{N}h{N}05" in known
    assert "annoncé avant" in cut
    assert "Ne passe pas" in cut
    assert (
        f'<s class="clock"><span class="hidden">annulé{N}:' in page.parts["row-b7-0905-20261126-0"]
    )
    assert "appelez le 04" in page.parts["message"]


def test_a_row_known_from_the_timetable_says_why():
    known, cut = _row(_board(FakeLive(), at(8, 10)), "b1-0800")
    assert "Horaire prévu" in known
    assert "pas de suivi" in known
    assert "pas de suivi" in cut


def test_a_truck_says_until_when():
    known, _ = _row(_board(FakeLive(), at(8, 10)), "sante-out")
    assert f"s’installe ici jusqu’à 12{N}h{N}30" in known


@pytest.mark.parametrize(
    ("now_ms", "sentence"),
    [
        (at(20, 0), f"Plus de car ce soir. Demain{N}: B1 à 8{N}h{N}16."),
        (at(14, 0), f"Plus de car aujourd’hui. Demain{N}: B1 à 8{N}h{N}16."),
        (
            at(10, 0, day=dt.date(2026, 11, 28)),
            f"Pas de car aujourd’hui. Lundi 30 novembre{N}: B1 à 8{N}h{N}16.",
        ),
    ],
)
def test_an_empty_board_is_a_sentence(now_ms: int, sentence: str):
    assert sentence in _board(FakeLive(), now_ms).parts["empty"]


def test_without_the_time_nothing_is_promised():
    page = _board(FakeLive(), 60_000)
    assert "heure inconnue" in page.title
    assert "ne sait pas l’heure" in page.parts["empty"]
    assert page.orders["rows"] == ()


def test_the_title_is_page_place_and_state():
    live = FakeLive()
    live.put("bus/b1", seen(3.75, at(8, 10)))
    page = _board(live, at(8, 10))
    assert page.title == f"Prochains passages · Le Bleymard Mairie · B1 Mende{N}: En direct"


def test_the_board_turns_dark_at_dusk():
    assert _board(FakeLive(), at(17, 30)).light == "day"
    assert _board(FakeLive(), at(17, 50)).light == "night"


def test_the_market_of_the_day_and_the_next_one():
    before = _text(_board(FakeLive(), at(8, 10)).parts["market"])
    assert "Marché de services aujourd’hui" in before
    assert f"9{N}h{N}30 à 12{N}h{N}30" in before
    after = _text(_board(FakeLive(), at(13, 0)).parts["market"])
    assert f"Marché de services{N}: terminé" in after
    assert f"Prochain ici{N}: jeudi 3 décembre, 9{N}h{N}30" in after
    assert "Demain à Villefort" in after


_POSITIONS = st.tuples(st.floats(3.5, 3.8), st.integers(0, 3_600), st.floats(0.0, 25.0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_POSITIONS, max_size=4),
    st.integers(0, 7_200),
    st.sampled_from(["online", "lost", "unknown", "asleep"]),
    st.sampled_from(LANGUAGES),
)
def test_every_state_renders_and_no_stale_row_shows_minutes(
    positions: list[tuple[float, int, float]], now_s: int, presence, language: Language
):
    live, now_ms = FakeLive(), at(8, 0) + now_s * 1_000
    units = ("bus/b1", "bus/b3", "bus/b4", "truck/sante")
    for unit, (longitude, observed_s, speed_m_s) in zip(units, positions, strict=False):
        position = seen(longitude, at(8, 0) + observed_s * 1_000, speed_m_s)
        live.put(unit, None if presence == "asleep" else position, presence)
    context = _context(live, now_ms)
    for stop in SAMPLE.stops:
        page = board.compose(context, stop, language)
        for name in page.orders["rows"]:
            html = page.parts[name]
            if "data-minutes" in html:
                since = re.search(r'data-observed data-since="(\d+)"', html)
                assert since is not None
                assert now_ms - int(since[1]) <= SETTINGS.no_contact_s * 1_000
    assert landing.compose(context, language).parts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hour", [3, 8, 12, 17, 23])
def test_every_board_of_lozere_renders_at_any_hour(language: Language, hour: int):
    world = World(LOZERE, ManualClock(at(hour, 12)))
    world.see_all()
    context = _context(world.live, at(hour, 12), LOZERE)
    for stop in LOZERE.stops:
        page = board.compose(context, stop, language)
        assert set(page.orders["rows"]) <= set(page.parts)

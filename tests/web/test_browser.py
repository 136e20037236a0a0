"""The pages in a real Chromium: pushed, cut off, read aloud, small, and without their script."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backend.web.service import create_app
from contract.clock import Clock, ManualClock, SimulatedClock, SystemClock
from tests.arrivals.scene import at, occupancy
from tests.web.serving import serving
from tests.web.test_formats import CASES, expected
from tests.web.world import LOZERE, World

BOARD = "board/le-bleymard"
SCREEN = {"width": 1920, "height": 1080}
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
N = "\u202f"
PAST_MS = at(8, 12, day=dt.date(2025, 11, 20))
"""A simulation never passes the present."""


class Show:
    """Lozère on a Thursday morning, served; time stands still until a test moves it."""

    def __init__(self, hour: int = 8, minute: int = 12, clock: Clock | None = None) -> None:
        self.clock = ManualClock(at(hour, minute))
        self.pace = ManualClock()
        self.world = World(LOZERE, self.clock)
        self._clock = clock or self.clock
        self.app = self._new_app()
        self.url = ""
        self.hosts: set[str] = set()
        self.faults: list[str] = []

    def _new_app(self):
        return create_app(LOZERE, self.world.live, self._clock, pace=self.pace)

    @contextlib.asynccontextmanager
    async def served(self, port: int = 0) -> AsyncIterator[Show]:
        async with serving(self.app, port) as url:
            self.url = url
            yield self

    async def back(self) -> None:
        """A new process in the place of the old one."""
        self.app = self._new_app()

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].strip("/"))

    async def page(self, browser: Any, path: str, size: dict[str, int], **options: Any) -> Any:
        context = await browser.new_context(viewport=size, **options)
        page = await context.new_page()
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        await page.goto(self.url + path)
        return page


@contextlib.asynccontextmanager
async def _show(**options: Any) -> AsyncIterator[Show]:
    show = Show(**options)
    show.world.see_all(12)
    async with show.served():
        yield show
    assert show.hosts <= {show.url.split("/")[2]}, "a page asked another host"
    assert show.faults == []


async def _until(page: Any, script: str) -> None:
    await page.wait_for_function(f"() => ({script})", timeout=15_000)


async def test_a_board_is_brought_up_to_date_without_being_loaded_again(chromium):
    async with _show() as show:
        page = await show.page(chromium, BOARD, SCREEN)
        await page.evaluate("window.same = true")
        row = page.locator("tr", has_text="Villefort").first
        assert "En direct" in await row.inner_text()
        await _until(page, "window.softplace")
        show.world.see("bus/b4", age_s=400)
        await show.pace.advance(1.0)
        await _until(page, "document.querySelector('[data-state=no_contact]') !== null")
        assert "Sans nouvelles" in await row.inner_text()
        assert "min" not in await row.locator(".when .known").inner_text()
        await _until(page, "document.getElementById('news').textContent.includes('Sans nouvelles')")
        assert await page.evaluate("window.same")


@pytest.mark.long
async def test_a_board_that_is_cut_off_says_so_and_comes_back_by_itself(chromium, artefacts: Path):
    show = Show()
    show.world.see_all(12)
    show.world.see("bus/b4", age_s=35, late_s=360)
    show.world.see("bus/b3", age_s=12)
    async with show.served():
        page = await show.page(chromium, BOARD, SCREEN)
        await page.clock.install()
        await page.reload()
        assert "En direct" in await page.locator("#rows").inner_text()
    # The server is gone.
    await page.clock.fast_forward(61_000)
    await _until(page, "document.documentElement.dataset.network === 'late'")
    assert await _weight(page, ".contact") == "700"
    assert not await page.locator("#banner").is_visible()
    assert "min" in await page.locator("#rows").inner_text()
    await page.clock.fast_forward(120_000)
    await _until(page, "document.documentElement.dataset.network === 'lost'")
    await _check_cut_board(page)
    await page.screenshot(path=artefacts / "board-network-lost.png")
    await page.clock.fast_forward(20 * 60_000)
    await _until(
        page, "!document.querySelector('#rows > tr:not([hidden])').innerText.includes('Mende')"
    )
    # It is back.
    await show.back()
    async with show.served(show.port):
        await page.clock.fast_forward(31_000)
        await _until(page, "document.documentElement.dataset.network === 'fine'")
        assert not await page.locator("#banner").is_visible()
        await _until(page, "document.querySelector('#rows').innerText.includes('En direct')")
        assert "Réseau revenu" in await page.locator("#news").inner_text()
    await page.clock.fast_forward(86_500_000)
    await _until(page, "document.documentElement.dataset.network === 'down'")
    down = await page.locator("#down").inner_text()
    assert f"Appelez le 04{N}65{N}71{N}00{N}12" in down
    assert f"jeudi 26 novembre, 8{N}h{N}12" in down
    assert not await page.locator("#rows").is_visible()
    await page.screenshot(path=artefacts / "board-out-of-order.png")
    assert show.faults == []


async def _check_cut_board(page: Any) -> None:
    banner = await page.locator("#banner").inner_text()
    assert "Pas de réseau. Nous ne savons pas où sont les cars." in banner
    assert "depuis 3" in banner
    assert f"dernier contact{N}: 8{N}h{N}12" in banner
    rows = await page.locator("#rows").inner_text()
    assert "En direct" not in rows
    assert "Horaire prévu" in rows
    assert f"vu à l’heure à 8{N}h{N}11" in rows
    assert f"Retard de 6{N}min annoncé à 8{N}h{N}11" in rows
    assert "retard possible" in rows
    assert await page.locator("[data-minutes]:visible").count() == 0
    assert await page.locator("#rows > tr:visible").count() == 5
    heights = await page.evaluate(
        "[...document.querySelectorAll('#rows > tr:not([hidden])')].map(r => r.offsetHeight)"
    )
    assert all(118 <= height <= 126 for height in heights)


async def _weight(page: Any, selector: str) -> str:
    return await page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).fontWeight")


@pytest.mark.long
async def test_between_two_words_of_the_server_a_row_grows_old_by_itself(chromium):
    async with _show() as show:
        show.clock.step_wall_ms(5_000)
        show.world.see_all(12)
        page = await show.page(chromium, BOARD, SCREEN)
        await page.clock.install()
        await page.reload()
        row = page.locator("tr", has_text="Mende").first
        assert f"3{N}min" in (await row.inner_text()).replace("\n", "")
        await page.clock.fast_forward(65_000)
        await _until(page, "document.querySelector('[data-minutes]').textContent === '2'")
        await page.clock.fast_forward(20_000)
        assert f"position il y a 1{N}min" in await row.inner_text()
        await page.clock.fast_forward(10_000)
        await _until(page, "document.querySelector('.about') !== null")
        assert "environ" in await row.inner_text()


@pytest.mark.long
async def test_a_lost_network_is_said_and_noticed_without_the_server_going(chromium):
    async with _show() as show:
        page = await show.page(chromium, "", DESK)
        await page.clock.install()
        await page.reload()
        await page.context.set_offline(True)
        await page.clock.fast_forward(200_000)
        await _until(page, "document.documentElement.dataset.network === 'lost'")
        assert await page.locator("#banner").is_visible()
        live_faces = page.locator(".marker .known .fill-live")
        assert not await live_faces.first.is_visible()
        assert await page.locator(".marker .cut .fill-lost").first.is_visible()
        await page.context.set_offline(False)
        await page.clock.fast_forward(31_000)
        await _until(page, "document.documentElement.dataset.network === 'fine'")
        assert await live_faces.first.is_visible()


@pytest.mark.long
async def test_times_and_ages_are_written_in_the_page_as_on_the_server(chromium):
    async with _show() as show:
        page = await show.page(chromium, BOARD, SCREEN)
        wrong = await page.evaluate(_TABLE, json.loads(json.dumps(CASES)))
        assert [
            (case, expected(case["want"]), case["got"])
            for case in wrong
            if expected(case["want"]) != case["got"]
        ] == []
        assert len(wrong) > 30


_TABLE = """(cases) => {
  const ms = (text) => Date.parse(text), got = [];
  for (const name of ["age", "lasting"]) for (const [since, now, fr, en] of cases[name]) {
    got.push({ want: fr, got: softplace[name](ms(since), ms(now), "fr") });
    got.push({ want: en, got: softplace[name](ms(since), ms(now), "en") });
  }
  for (const [when, want] of cases.clockTime) {
    got.push({ want, got: softplace.clockTime(ms(when)) });
  }
  for (const [when, fr, en] of cases.day) {
    got.push({ want: fr, got: softplace.day(ms(when), "fr") });
    got.push({ want: en, got: softplace.day(ms(when), "en") });
  }
  for (const [length, want] of cases.length) got.push({ want, got: softplace.length(length) });
  return got;
}"""


@pytest.mark.long
async def test_a_screen_reader_hears_a_table_with_named_rows(chromium):
    async with _show() as show:
        page = await show.page(chromium, BOARD, SCREEN)
        heard = await page.locator("table").aria_snapshot()
        assert 'table "Prochains passages, Le Bleymard Mairie"' in heard
        for name in ("Ligne", "Destination", "État", "Passage"):
            assert f'columnheader "{name}"' in heard
        assert 'rowheader "Mende' in heard
        assert "En direct" in heard
        assert "Pas de réseau" not in await page.locator("body").aria_snapshot()
        assert await page.evaluate("document.documentElement.lang") == "fr"
        assert await page.locator("a[lang=en]").inner_text() == "English"
        page = await show.page(chromium, "", DESK)
        heard = await page.locator("body").aria_snapshot()
        assert 'navigation "Écrans d’arrêt"' in heard
        assert 'rowheader "B1"' in heard
        assert 'table "Les mêmes informations que la carte"' in heard


@pytest.mark.long
async def test_the_keyboard_finds_its_way_and_the_focus_is_seen(chromium, artefacts: Path):
    async with _show() as show:
        page = await show.page(chromium, "", DESK)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        ring = await page.evaluate(
            "(({outline, boxShadow}) => outline + ' ' + boxShadow)"
            "(getComputedStyle(document.activeElement))"
        )
        assert "3px" in ring
        assert "rgb(20, 25, 27)" in ring
        assert "6px" in ring
        assert "rgb(244, 196, 48)" in ring
        await page.screenshot(path=artefacts / "landing-focus.png")
        focused = await page.evaluate("document.activeElement.id")
        show.world.see_all(400)
        await show.pace.advance(6.0)
        await _until(page, "document.querySelector('.marker .known .fill-lost') !== null")
        assert await page.evaluate("document.activeElement.id") == focused


@pytest.mark.long
async def test_without_its_script_a_page_is_complete(chromium):
    async with _show() as show:
        page = await show.page(chromium, BOARD, SCREEN, java_script_enabled=False)
        text = await page.locator("body").inner_text()
        assert "En direct" in text
        assert f"8{N}h{N}12" in text
        assert "Marché de services aujourd’hui" in text
        assert "Pas de réseau" not in text


@pytest.mark.long
async def test_a_page_runs_on_the_simulated_clock(chromium):
    clock = SimulatedClock(SystemClock().now_ms(), PAST_MS, 60.0)
    async with _show(clock=clock) as show:
        page = await show.page(chromium, BOARD, SCREEN)
        await page.clock.install()
        await page.reload()
        before = await page.locator("[data-clock]").inner_text()
        assert before.startswith(f"8{N}h{N}")
        await page.clock.fast_forward(60_000)
        await _until(
            page, f"document.querySelector('[data-clock]').textContent.startsWith('9{N}h')"
        )


@pytest.mark.long
async def test_a_marker_moves_at_most_every_five_seconds_and_not_at_all_if_asked(chromium):
    async with _show() as show:
        page = await show.page(chromium, "", DESK)
        place = "document.getElementById('at-bus-b1').style.transform"
        start = await page.evaluate(place)
        await show.clock.advance(30.0)
        show.world.see_all(1)
        await show.pace.advance(1.0)
        await show.pace.advance(5.0)
        await _until(page, f"{place} !== '{start}'")
        still = await show.page(chromium, "", DESK, reduced_motion="reduce")
        duration = "getComputedStyle(document.querySelector('.marker')).transitionDuration"
        assert await page.evaluate(duration) == "0.3s"
        assert await still.evaluate(duration) == "0s"


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("path", ["", BOARD, "devices", "board/nowhere"])
async def test_a_phone_needs_no_sideways_scrolling(chromium, path: str, width: int):
    async with _show() as show:
        page = await show.page(chromium, path, {"width": width, "height": 844})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.long
@pytest.mark.parametrize("size", [SCREEN, DESK, {"width": 1366, "height": 768}])
async def test_nothing_on_a_board_is_wider_than_its_place(chromium, size: dict[str, int]):
    async with _show() as show:
        page = await show.page(chromium, BOARD, size)
        for stop in LOZERE.stops:
            await page.goto(f"{show.url}board/{stop.stop_id}")
            assert await page.evaluate(_TOO_WIDE) == [], stop.stop_id


_TOO_WIDE = """() => [...document.querySelectorAll(
  ".head h1, .head .what, .head .now, .to, .when, .market > div, .message, .small")]
  .filter((e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1
    || e.getBoundingClientRect().right > innerWidth + 1
    || e.getBoundingClientRect().bottom > innerHeight + 1))
  .map((e) => e.className + ": " + e.textContent.trim())"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "path", "size", "hour", "minute"),
    [
        ("board-day", BOARD, SCREEN, 8, 12),
        ("board-night", BOARD, SCREEN, 17, 42),
        ("board-evening", BOARD, SCREEN, 20, 30),
        ("board-english", BOARD + "?lang=en", SCREEN, 8, 12),
        ("board-phone", BOARD, PHONE, 8, 12),
        ("landing-day", "", DESK, 8, 40),
        ("landing-night", "", DESK, 17, 50),
        ("landing-english", "?lang=en", DESK, 8, 12),
        ("landing-phone", "", PHONE, 8, 12),
        ("devices", "devices", DESK, 8, 12),
    ],
)
async def test_pictures_are_kept_for_a_person_to_look_at(
    chromium, artefacts: Path, name: str, path: str, size: dict[str, int], hour: int, minute: int
):
    async with _show(hour=hour, minute=minute) as show:
        show.world.see("bus/b4", age_s=35, late_s=360)
        show.world.see("bus/b3", age_s=14 * 60)
        page = await show.page(chromium, path, size)
        await page.screenshot(path=artefacts / f"{name}.png", full_page=size is PHONE)
        assert (artefacts / f"{name}.png").stat().st_size > 10_000


async def test_the_map_says_how_many_are_in_a_space_and_its_age_grows(chromium, artefacts: Path):
    async with _show(hour=10, minute=0) as show:
        for unit, persons in (("space/mende", 7), ("space/florac", 3)):
            show.world.live.say(unit, "occupancy", occupancy(persons, at(10, 0) - 12_000))
        page = await show.page(chromium, "", DESK)
        counts = page.locator("#map-places .place-count text")
        assert sorted(await counts.all_text_contents()) == [
            f"3 personnes, il y a 12{N}s",
            f"7 personnes, il y a 12{N}s",
        ]
        await page.screenshot(path=artefacts / "map-spaces.png")

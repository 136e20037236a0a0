"""The screen in a real Chromium at its real size: seen, heard, switched, and honest when alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.copass.decision import Decision
from edge.copass.time_keeper import Moment
from tests.card_reader.test_screen import GRANTED, Served, Shown
from tests.copass.rights_made import HOUR_MS, NOON_MS
from tests.web.conftest import chromium  # noqa: F401 - a fixture

ARTEFACTS = Path(__file__).parents[2] / "test-artefacts" / "door"
SIZE = {"width": 480, "height": 320}
LISTEN = """
window.played = []; window.said = [];
class Tone { constructor() { this.frequency = {}; } connect(next) { return next; } stop() {}
  start() { window.played.push(this.frequency.value); } }
window.AudioContext = class { constructor() { this.currentTime = 0; }
  createOscillator() { return new Tone(); }
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} },
    connect(next) { return next; } }; } };
window.SpeechSynthesisUtterance = class { constructor(words) { this.words = words; } };
Object.defineProperty(window, "speechSynthesis", { value: { cancel() {},
  speak(one) { window.said.push([one.lang, one.words]); } } });
"""

pytestmark = pytest.mark.long


class Seen:
    """The page in front of a screen."""

    def __init__(self, page: Any, screen: Shown) -> None:
        self.page = page
        self.screen = screen

    async def until(self, script: str) -> None:
        await self.page.wait_for_function(f"() => ({script})", timeout=15_000)

    async def shows(self, title: str) -> None:
        await self.until(f"document.getElementById('title').textContent === {title!r}")

    async def picture(self, name: str) -> None:
        """For a person to look at; nothing may hang over the edge or be cut."""
        fits = "document.documentElement.scrollWidth <= 480 && document.body.scrollHeight <= 320"
        assert await self.page.evaluate(fits), f"{name} does not fit"
        over = """[...document.querySelectorAll('footer > *, .words')].filter((one) =>
            one.getBoundingClientRect().right > 480 || one.scrollWidth > one.clientWidth + 1
        ).length"""
        assert await self.page.evaluate(over) == 0, f"{name} is cut"
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png")


async def seen_at(browser: Any, served: Served, screen: Shown) -> Seen:
    page = await (await browser.new_context(viewport=SIZE)).new_page()
    await page.add_init_script(LISTEN)
    await page.goto(f"http://127.0.0.1:{served.port}/")
    return Seen(page, screen)


async def test_the_four_pictures(chromium):  # noqa: F811 - a fixture
    screen = Shown()
    async with Served(screen) as served:
        seen = await seen_at(chromium, served, screen)
        await seen.shows("Posez votre badge")
        await seen.picture("09a-ready")
        screen.state.tapped(GRANTED, opens=True)
        await seen.shows("Entrez")
        await seen.picture("09b-granted")
        await seen.until("window.said.length === 1")
        assert await seen.page.evaluate("window.played") == [523, 784]
        lang, words = await seen.page.evaluate("window.said[0]")
        assert lang == "fr-FR"
        assert words.startswith("Entrez. Bonjour M. D.")
        early = {"kind": "booking", "starts_ms": NOON_MS + 2 * HOUR_MS}
        screen.refuses("too_early", **early)
        await seen.shows("Pas encore")
        await seen.picture("09c-refused")
        screen.refuses("unknown_card")
        await seen.shows("Badge inconnu")
        await seen.picture("unknown-badge")
        await seen.until("window.said.length === 3")
        assert await seen.page.evaluate("window.played.slice(2)") == [196, 440, 440, 440]
        screen.moment = Moment(NOON_MS, "unset", 5)
        screen.refuses("clock_unknown")
        await seen.shows("Heure inconnue")
        await seen.picture("09d-clock")


async def test_one_touch_makes_it_english_and_reads_it_aloud(chromium):  # noqa: F811
    screen = Shown()
    async with Served(screen) as served:
        seen = await seen_at(chromium, served, screen)
        await seen.shows("Posez votre badge")
        await seen.page.click("#switch")
        await seen.shows("Hold your badge here")
        assert await seen.page.evaluate("document.documentElement.lang") == "en"
        await seen.page.click("#listen")
        words = "Hold your badge here. Coworking de Mende."
        assert await seen.page.evaluate("window.said") == [["en-GB", words]]
        screen.state.tapped(Decision(is_granted=False, reason="revoked"), opens=False)
        await seen.shows("Call us")
        await seen.picture("call-us-english")


async def test_a_screen_without_its_agent_does_not_go_on_as_if(chromium):  # noqa: F811
    screen = Shown()
    async with Served(screen) as served:
        seen = await seen_at(chromium, served, screen)
        await seen.page.clock.install()
        await seen.page.reload()
        await seen.shows("Posez votre badge")
    await seen.page.clock.fast_forward(25_000)
    await seen.shows("Cet écran ne répond plus")
    await seen.picture("no-agent")

"""The screen of the cab in a real browser: an SOS is held, and honest about what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drivers.listening import until
from tests.truck_agent.test_cab import screen
from tests.web.conftest import chromium  # noqa: F401 - a fixture

pytestmark = pytest.mark.long


async def test_an_sos_is_held_and_never_claimed_too_early(tmp_path: Path, chromium: object):  # noqa: F811
    expect = pytest.importorskip("playwright.async_api").expect
    async with screen(tmp_path) as (vehicle, url):
        vehicle.link.withheld.add("alarm")
        page = await chromium.new_page(viewport={"width": 1280, "height": 800})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        await page.goto(url + "/")
        button = page.locator("#sos")
        assert await button.is_visible()
        await button.click()
        await button.hover()
        await page.mouse.down()
        await until(lambda: bool(vehicle.alarms("sos")), "two seconds")
        await page.mouse.up()
        said = expect(page.locator("#sos-said"))
        await said.to_have_text("Envoi en cours, pas encore reçue")
        vehicle.link.connected = False
        await said.to_contain_text("appelez le 112")
        vehicle.link.connected = True
        vehicle.link.confirm()
        await said.to_contain_text("reçue à")
        assert len(vehicle.alarms("sos")) == 1, "a click is no SOS, and a long press is one"
        below = await page.evaluate(
            "document.getElementById('sos').getBoundingClientRect().bottom - innerHeight"
        )
        assert below <= 0, "the SOS is never scrolled away"
        assert faults == []

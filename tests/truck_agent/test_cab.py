"""The screen of the cab: what it may claim, who may press its buttons."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contract.clock import SystemClock
from contract.downlink import PlannedStop
from edge.drivers.gpio_fake import FakeChip
from edge.link.health import LinkHealth
from edge.truck_agent.cab.actions import BUTTONS, Actions
from edge.truck_agent.cab.server import CabServer
from edge.truck_agent.cab.view import view_of
from edge.truck_agent.itinerary import Itinerary
from tests.drivers.listening import fix_at, until
from tests.truck_agent.vehicle import KEY, Vehicle, driving

TOKEN = "t0ken"
NOW_MS = 1_790_000_000_000
STATIC = Path("edge/truck_agent/cab/static")


@asynccontextmanager
async def screen(folder: Path) -> AsyncIterator[tuple[Vehicle, str]]:
    """A vehicle and the address of its screen."""
    with FakeChip(folder / "chip") as chip:
        async with driving(folder, chip) as vehicle:
            clock = SystemClock()
            server = CabServer(
                0,
                TOKEN,
                lambda: view_of("bus/b1", vehicle.aboard, vehicle.link.health(), clock.now_ms()),
                Actions(vehicle.aboard.parts),
                clock,
            )
            serving = asyncio.create_task(server.run())
            await until(lambda: server.port is not None, "the screen is served")
            yield vehicle, f"http://127.0.0.1:{server.port}"
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


def asked(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=10)
    try:
        connection.request(method, url.partition(target.netloc)[2], headers=headers)
        answered = connection.getresponse()
        return answered.status, answered.read()
    finally:
        connection.close()


async def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    return await asyncio.to_thread(asked, url, method, **headers)


async def press(url: str) -> int:
    return (await ask(url, "POST", **{"X-Cab-Token": TOKEN}))[0]


async def test_the_page_comes_with_its_token_and_everything_it_needs(tmp_path: Path):
    async with screen(tmp_path) as (_, url):
        status, page = await ask(url + "/")
        assert status == 200
        assert f'content="{TOKEN}"'.encode() in page
        for needed in re.findall(rb'(?:href|src)="([^"]+)"', page):
            assert (await ask(url + needed.decode()))[0] == 200
        assert (await ask(url + "/etc/passwd"))[0] == 404
        assert (await ask(url + "/../config.py"))[0] == 404


async def test_no_button_without_the_token_and_no_word_to_another_name(tmp_path: Path):
    async with screen(tmp_path) as (vehicle, url):
        assert (await ask(url + "/sos", "POST"))[0] == 403
        assert (await ask(url + "/sos", "POST", **{"X-Cab-Token": "wrong"}))[0] == 403
        assert (await ask(url + "/state.json", Host="evil.example"))[0] == 403
        assert (await ask(url + "/events", Host="evil.example:80"))[0] == 403
        assert (await ask(url + "/sos", "DELETE"))[0] == 405
        assert vehicle.alarms("sos") == []
        assert await press(url + "/sos") == 204
        assert len(vehicle.alarms("sos")) == 1


async def test_every_button_does_its_work(tmp_path: Path):
    async with screen(tmp_path) as (vehicle, url):
        parts = vehicle.aboard.parts
        for path in BUTTONS:
            answered = await press(f"{url}{path}?change=1")
            assert answered == 204, path
        assert parts.lone_worker.session is None
        assert [w["state"] for w in vehicle.alarms("lone_worker_silent")] == ["cleared"] * 3
        assert await press(url + "/ramp?change=9") == 400
        assert await press(url + "/nothing") == 404
    assert Actions(type(parts)()).do("/sos", {}) == 409


async def test_the_stream_tells_what_changes_and_sos_is_received_only_when_it_is(tmp_path: Path):
    async with screen(tmp_path) as (vehicle, url):
        vehicle.link.withheld.add("alarm")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")

        async def next_sos() -> str:
            while True:
                line = await reader.readline()
                if line.startswith(b"data: "):
                    return json.loads(line.removeprefix(b"data: "))["sos"]["state"]

        async with asyncio.timeout(10):
            assert await next_sos() == "idle"
            await press(url + "/sos")
            assert await next_sos() == "sending"
            vehicle.link.confirm()
            assert await next_sos() == "received"
        writer.close()


async def test_junk_and_silence_get_no_further_than_their_own_connection(tmp_path: Path):
    async with screen(tmp_path) as (_, url):
        port = int(url.rpartition(":")[2])
        for junk in (
            b"\x00\xff\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/1.1\r\nx\r\n\r\n",
            b"A" * 9_000,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(junk)
            writer.write_eof()
            assert b" 400 " in await reader.read(100)
            writer.close()
        assert (await ask(url + "/state.json"))[0] == 200


def health(*, connected: bool, oldest_age_s: float | None) -> LinkHealth:
    return LinkHealth(connected, 0, oldest_age_s, None, "0" * 16, 1)


async def test_what_is_not_sent_and_not_known_is_said(tmp_path: Path):
    async with screen(tmp_path) as (vehicle, _):
        seen = view_of("bus/b1", vehicle.aboard, health(connected=False, oldest_age_s=240), NOW_MS)
        assert seen["link"] == {"connected": False, "unsent_since_ms": NOW_MS - 240_000}
        assert (seen["fix"]["state"], seen["plan"]) == ("none", None)
        vehicle.chip.drive(KEY, 1)
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        await vehicle.receiver.queue.put(fix_at(0, speed_m_s=2.0))
        await until(lambda: vehicle.agent.taken == 1, "the fix")
        seen = view_of("bus/b1", vehicle.aboard, health(connected=True, oldest_age_s=1), NOW_MS)
        assert seen["link"]["unsent_since_ms"] is None
        assert (seen["fix"]["state"], seen["moving"], seen["key"]) == ("now", True, "on")


async def test_the_plan_is_shown_with_handles_and_without_what_is_over(tmp_path: Path):
    async with screen(tmp_path) as (vehicle, _):
        itinerary = Itinerary(tmp_path / "p", None, vehicle.link, lambda: 0)
        itinerary.edition = (1, 4)
        itinerary.stops = (
            PlannedStop(stop_id="gone", arrival_ms=0, departure_ms=NOW_MS - 4_000_000),
            PlannedStop(
                stop_id="next", arrival_ms=NOW_MS, departure_ms=NOW_MS + 60_000, boarding=("h3",)
            ),
        )
        vehicle.aboard.parts.itinerary = itinerary
        seen = view_of("bus/b1", vehicle.aboard, health(connected=True, oldest_age_s=None), NOW_MS)
        assert seen["plan"]["version"] == "1.4"
        assert [(s["stop_id"], s["boarding"]) for s in seen["plan"]["stops"]] == [("next", ("h3",))]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_of_the_page_is_there_in_both_languages(language: str):
    script = (STATIC / "cab.js").read_text()
    tables = re.search(r"fr: \{(.*?)\n  \},\n  en: \{(.*?)\n  \},", script, re.DOTALL)
    keys = [set(re.findall(r'(?:^|[\s,])"?([\w-]+)"?: "', table)) for table in tables.groups()]
    assert keys[0] == keys[1]
    used = set(re.findall(r'say\("([\w-]+)"', script)) | {
        *(f"fix_{state}" for state in ("now", "old", "none")),
        *(f"alone_{s}" for s in ("quiet", "cab", "supervisor", "second-person", "taken", "none")),
        *(f"sos_{s}" for s in ("sending", "received", "acknowledged", "nonet", "hold")),
    }
    assert used <= keys[["fr", "en"].index(language)]


def test_every_place_the_script_fills_is_on_the_page():
    ids = set(re.findall(r'id="([\w-]+)"', (STATIC / "cab.html").read_text()))
    script = (STATIC / "cab.js").read_text()
    assert set(re.findall(r'(?:at|put|fact)\("([\w-]+)"', script)) <= ids

"""The pages over HTTP: answers, headers, faults in words, and the stream behind an open page."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from backend.web.devices import DeviceReport, OpenAlarm, UnitReport
from backend.web.doors import DoorLine
from backend.web.http_server import AddressUnavailable, listening_socket
from backend.web.service import create_app
from backend.web.settings import PageSettings
from contract.clock import ManualClock
from tests.arrivals.scene import FakeLive, at, seen
from tests.territory.sample import SAMPLE
from tests.web.serving import serving

DEADLINE_S = 10.0


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


class Site:
    """The sample territory behind HTTP; time and beats stand still until a test moves them."""

    def __init__(self) -> None:
        self.live = FakeLive()
        self.clock = ManualClock(at(8, 10))
        self.pace = ManualClock()
        self.report = DeviceReport(
            units={"bus/b1": UnitReport(stored=120, missing=2, explained={"dropped": 3})},
            alarms=[
                OpenAlarm(unit="bus/b1", alarm="unexplained_gap", detail="position 4-5", since_ms=0)
            ],
            quarantined={"malformed": 7},
        )
        self.app = create_app(
            SAMPLE,
            self.live,
            self.clock,
            PageSettings(),
            pace=self.pace,
            report=self._report,
            doors=self._doors,
        )
        self.url = ""

    async def _report(self) -> DeviceReport:
        return self.report

    async def _doors(self) -> list[DoorLine]:
        return [
            DoorLine(
                unit="reader/die",
                version=7,
                held_version=6,
                contact_ms=at(8, 9),
                revocation_bound_ms=at(20, 30),
                cards=3,
                rights=4,
                still_opens=1,
                still_opens_until_ms=at(20, 30),
                refusal=None,
                retired_ms=None,
            )
        ]

    async def get(self, path: str) -> Answer:
        reader, writer = await self._ask(path)
        raw = await asyncio.wait_for(reader.read(), DEADLINE_S)
        writer.close()
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        return Answer(int(lines[0].split()[1]), headers, body.decode())

    async def json(self, path: str) -> Any:
        return json.loads((await self.get(path)).body)

    async def events(self, path: str) -> AsyncIterator[tuple[str, str, Any]]:
        """(event, id, data) of a stream; chunk sizes of HTTP are skipped over."""
        reader, writer = await self._ask(path)
        name, version = "", ""
        try:
            while True:
                raw = await asyncio.wait_for(reader.readline(), DEADLINE_S)
                if not raw:
                    return
                line = raw.decode().strip()
                if line.startswith("event: "):
                    name, version = line[7:], ""
                elif line.startswith("id: "):
                    version = line[4:]
                elif line.startswith("data: "):
                    yield name, version, json.loads(line[6:])
        finally:
            writer.close()

    async def _ask(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = int(self.url.rsplit(":", 1)[1].strip("/"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        return reader, writer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with serving(site.app) as url:
        site.url = url
        yield site


@pytest.mark.parametrize("path", ["/", "/board/le-bleymard", "/devices", "/board/nowhere", "/x"])
async def test_every_page_is_whole_without_its_script_and_asks_no_other_host(site: Site, path: str):
    for language in ("fr", "en"):
        answer = await site.get(f"{path}?lang={language}")
        assert f'<html lang="{language}"' in answer.body
        assert "<title>" in answer.body
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.body)
        assert "<script>" not in answer.body
        assert "style=" not in answer.body


async def test_the_board_is_in_the_page_as_it_is_sent(site: Site):
    site.live.put("bus/b1", seen(3.75, at(8, 10)))
    body = (await site.get("/board/le-bleymard")).body
    assert "En direct" in body
    assert '<th role="rowheader" scope="row"' in body
    assert 'scope="col"' in body


async def test_assets_may_be_kept_for_ever_and_pages_never(site: Site):
    page = await site.get("/")
    style = re.search(r'href="(/static/[0-9a-f]+/style.css)"', page.body)
    assert style is not None
    assert page.headers["cache-control"] == "no-store"
    asset = await site.get(style[1])
    assert asset.status == 200
    assert "immutable" in asset.headers["cache-control"]
    assert "--paper:#FAF8F3" in asset.body
    assert (await site.get("/static/000000000000/style.css")).status == 404


async def test_an_unknown_stop_is_said_in_words_with_the_stops_there_are(site: Site):
    answer = await site.get("/board/nowhere")
    assert answer.status == 404
    assert "n’existe pas" in answer.body
    assert 'href="/board/le-bleymard"' in answer.body
    assert (await site.get("/api/boards/nowhere")).status == 404


async def test_a_stop_that_is_no_name_at_all_is_survived(site: Site):
    answer = await site.get("/board/%3Cscript%3Ealert(1)%3C%2Fscript%3E" + "x" * 200)
    assert answer.status == 404
    assert "<script>alert" not in answer.body


async def test_events_of_a_page_that_does_not_exist_are_refused(site: Site):
    assert (await site.get("/events?page=nonsense")).status == 404
    assert (await site.get("/events?page=board/nowhere")).status == 404


async def test_operations_see_presence_gaps_and_quarantine(site: Site):
    site.live.put("bus/b4", seen(3.6, at(8, 9)), "lost")
    body = (await site.get("/devices")).body
    assert "unexplained_gap: position 4-5" in body
    assert "dropped 3" in body
    assert "malformed: 7" in body
    assert "Sans nouvelles" in body
    assert (await site.json("/api/devices"))["units"]["bus/b1"]["missing"] == 2


async def test_operations_see_what_each_door_may_still_open(site: Site):
    body = (await site.get("/devices")).body
    row = re.search(r"<tr><th scope=.row.>reader/die.*?</tr>", body, re.DOTALL)
    assert row is not None
    text = re.sub(r"<[^>]+>|\s", "", row[0])
    assert "ilya1min" in text
    assert "4droits,3cartestientlaversion6sur7" in text
    assert "20h301,jusqu’à20h30" in text


async def test_machines_read_the_same_facts(site: Site):
    site.live.put("bus/b1", seen(3.75, at(8, 10)))
    board = await site.json("/api/boards/le-bleymard")
    first = board["rows"][0]
    assert (first["line"], first["state"], first["minutes"]) == ("B1", "live", 6)
    vehicles = (await site.json("/api/vehicles"))["vehicles"]
    assert vehicles[0]["unit"] == "bus/b1"
    assert vehicles[0]["trip_id"] == "b1-0800"
    assert (await site.json("/healthz"))["status"] == "ok"
    assert len(await site.json("/api/stops")) == 4


async def test_an_open_page_hears_the_time_then_only_what_changes(site: Site):
    body = (await site.get("/board/le-bleymard")).body
    version = re.search(r'data-version="([^"]+)"', body)
    assert version is not None
    events = site.events(f"/events?page=board/le-bleymard&version={version[1]}")
    nothing = await anext(events)
    assert nothing[0] == "now"
    assert nothing[2] == {"now": at(8, 10), "rate": 1.0, "set": True}
    site.live.put("bus/b1", seen(3.75, at(8, 10)))
    await site.pace.advance(1.0)
    heard = [await anext(events), await anext(events)]
    assert heard[0][0] == "now"
    name, _, change = heard[1]
    assert name == "change"
    assert list(change["parts"]) == ["row-b1-0800-20261126-1"]
    assert "En direct" in change["parts"]["row-b1-0800-20261126-1"]
    assert change["news"] == ["B1 Mende\u202f: En direct"]
    assert "orders" not in change
    await events.aclose()  # type: ignore[attr-defined]  # an async generator


async def test_an_open_page_hears_a_heartbeat_when_nothing_changes(site: Site):
    body = (await site.get("/board/mende")).body
    version = re.search(r'data-version="([^"]+)"', body)
    assert version is not None
    events = site.events(f"/events?page=board/mende&version={version[1]}")
    assert (await anext(events))[0] == "now"
    await site.pace.advance(10.0)
    assert (await anext(events))[0] == "now"
    assert (await site.json("/healthz"))["open_pages"] == 1
    await events.aclose()  # type: ignore[attr-defined]  # an async generator


async def test_readers_of_one_board_share_what_is_composed(site: Site):
    streams = [site.events("/events?page=board/le-bleymard&version=old.1") for _ in range(20)]
    first = [await anext(stream) for stream in streams for _ in range(2)]
    whole = [await anext(stream) for stream in streams]
    assert {name for name, _, _ in first} == {"now"}
    assert len({version for _, version, _ in whole}) == 1
    assert all(change["parts"] == whole[0][2]["parts"] for _, _, change in whole)
    assert len(site.app.state.publisher._channels) == 1
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator


async def test_the_server_stops_though_pages_are_open(site: Site):
    events = site.events("/events?page=map&version=")
    await anext(events)
    site.app.state.publisher.close()
    assert {name for name, _, _ in [event async for event in events]} <= {"now", "change"}


async def test_a_fault_in_one_page_is_survived_and_said_once(site: Site, caplog):
    publisher = site.app.state.publisher
    channel = publisher.channel("broken", lambda: None)
    channel.readers = 1

    def fail():
        raise RuntimeError("fault for the test")

    channel._compose = fail
    await site.pace.advance(1.0)
    await site.pace.advance(1.0)
    assert caplog.text.count("pages cannot be composed") == 1
    channel.readers = 0
    await site.pace.advance(1.0)
    assert (await site.get("/board/mende")).status == 200


async def test_without_a_set_clock_the_page_says_so(site: Site):
    site.clock.step_wall_ms(-at(8, 10) + 60_000)
    body = (await site.get("/board/le-bleymard")).body
    assert "heure inconnue" in body
    assert "data-minutes" not in body
    assert (await site.json("/healthz"))["clock_set"] is False
    assert (await site.get("/")).status == 200


def test_a_port_in_use_is_said_with_what_to_do():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnavailable, match=rf"{port}.*another one in \[web\] port"):
            listening_socket("127.0.0.1", port)

"""Riders tap in without network; who is refused is told, and may be let on all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.clock import ManualClock
from contract.downlink import PlannedStop
from contract.rights import CardKey
from edge.copass.proof.errors import NotAuthentic
from edge.copass.rights_table import RightsTable
from edge.copass.station import Station, StationSettings
from edge.drivers.card_reader import CardChannel
from edge.drivers.card_reader_fake import FakeCardReader
from edge.link.link_fake import FakeLink
from edge.truck_agent.boarding import Boarding
from edge.truck_agent.rides import ride_of
from tests.copass.disks import Disk
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, snapshot, uid_of
from tests.drivers.listening import until


class Counted:
    """Stands where the counter stands."""

    def __init__(self, stop_id: str | None) -> None:
        self.stop_id = stop_id
        self.taps: list[str | None] = []

    def tap(self, direction: str | None) -> None:
        self.taps.append(direction)


def stop(stop_id: str, *boarding: str) -> PlannedStop:
    return PlannedStop(stop_id=stop_id, arrival_ms=0, departure_ms=0, boarding=boarding)


def ride(number: int, name: str, handle: str, starts_ms: int = NOON_MS - HOUR_MS):
    return booking(number, name, starts_ms, starts_ms + 4 * HOUR_MS, points=(handle,))


async def at_once(work):
    return work()


async def prove(channel: CardChannel, card: CardKey) -> None:
    if await channel.native(b"\x60") != b"mine":
        raise NotAuthentic("key_refused")


@asynccontextmanager
async def bus(
    folder: Path, *rights: object, plan: tuple[PlannedStop, ...], stop_id: str | None = None
) -> AsyncIterator[tuple[FakeCardReader, Boarding, Counted, FakeLink]]:
    clock, link, reader = ManualClock(NOON_MS), FakeLink(), FakeCardReader()
    link.anchor("gnss", NOON_MS, clock.boot_ms())
    settings = StationSettings(folder, "lozere", "0000aaaa", b"k" * 32)
    station = Station(settings, link, None, clock, prove, Disk(), aside=at_once)
    station.store.table = RightsTable(snapshot(*rights, cards=("ada", "bob", "eve")))
    counted = Counted(stop_id)
    boarding = Boarding(reader, station, "bus-door", lambda: plan, counted, clock)
    tasks = [
        asyncio.create_task(run())
        for run in (boarding.run, *(work for name, work in station.works() if "hand" in name))
    ]
    try:
        yield reader, boarding, counted, link
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def tap(reader: FakeCardReader, boarding: Boarding, name: str, answer=b"mine") -> tuple:
    before = boarding.last
    reader.put(uid_of(name), lambda _: answer)
    await until(lambda: boarding.last is not before, "the tap")
    reader.take()
    return boarding.last.decision, boarding.last.reason


async def test_who_rides_today_taps_in_at_their_stop_and_is_counted(tmp_path: Path):
    plan = (stop("gare", "h1"), stop("place", "h2"))
    rights = ride(1, "ada", "h1"), ride(2, "ada", "h2"), ride(3, "bob", "h9")
    async with bus(tmp_path, *rights, plan=plan, stop_id="place") as (reader, board, counted, link):
        assert await tap(reader, board, "ada") == ("granted", "granted")
        assert await tap(reader, board, "bob") == ("refused", "no_right_here")
        assert await tap(reader, board, "mallory") == ("refused", "unknown_card")
        await until(lambda: len(link.of("tap")) == 3, "all are handed over")
        taps = [reading.body for reading in link.of("tap")]
        assert [(t["place"], t["stop_id"], t["direction"]) for t in taps] == [
            ("bus-door", "place", "in")
        ] * 3
        assert taps[0]["right_id"] == 2, "the ride that boards here"
        assert counted.taps == ["in"], "the driver may let the others on; the beams will tell"
        assert "h2" not in str(taps), "the wire tells no handle of a rider"


async def test_without_a_plan_the_rights_alone_tell_who_rides_now(tmp_path: Path):
    over = ride(1, "ada", "h0", NOON_MS - 9 * HOUR_MS)
    later = ride(3, "bob", "h7", NOON_MS + 3 * HOUR_MS)
    rights = over, ride(2, "ada", "h1"), later
    async with bus(tmp_path, *rights, plan=()) as (reader, board, counted, _):
        assert await tap(reader, board, "ada") == ("granted", "granted")
        assert await tap(reader, board, "bob") == ("refused", "too_early")
        assert counted.taps == ["in"]


async def test_a_copied_card_is_refused_whatever_ride_it_claims_and_is_slowed_down(tmp_path: Path):
    plan = (stop("gare", "h1", "h2", "h3"),)
    rights = [ride(n, name, f"h{n}") for n, name in enumerate(("ada", "bob", "eve"), 1)]
    async with bus(tmp_path, *rights, plan=plan) as (reader, board, counted, _):
        for name in ("ada", "bob", "eve"):
            assert await tap(reader, board, name, b"not") == ("refused", "not_authentic")
        assert await tap(reader, board, "ada") == ("refused", "too_many_tries")
        assert counted.taps == []


@pytest.mark.parametrize(
    ("stop_id", "expected"), [("b", "h2"), ("a", "h1"), (None, "h1"), ("elsewhere", "h1")]
)
def test_a_card_with_two_rides_is_here_for_the_one_of_this_stop(stop_id, expected):
    plan = (stop("a", "h1", "x"), stop("b", "h2"))
    assert ride_of({"h1", "h2"}, plan, stop_id) == expected
    assert ride_of({"h9"}, plan, stop_id) is None

"""From the desk to the door and back: a card is issued, opens, is lost, and opens no more.

The command line, all backend services in one process, a broker, the co-pass of a device on its
real link, and an emulated card.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import urllib.request
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from backend.access.tapping import who_is_in
from backend.app import ALL_SERVICES, Backend
from backend.broker.embedded import EmbeddedBroker
from backend.devices.signing_key import open_signer
from backend.records.open import open_records
from backend.records.statements import query
from backend.records.transaction import reading, writing
from backend.settings import load_settings
from backend.territory.store import import_territory
from contract.clock import SystemClock
from edge.copass.station import Station, StationSettings
from edge.copass.taps import Point
from edge.drivers.card_reader_fake import FakeCardReader
from edge.link.sealed import SealOpener
from edge.link.service import Link
from edge.link.settings import BackoffSettings, LinkSettings
from simulator.devices.cards import CardOnDisk
from tests.access.scene import DOOR, Scene
from tests.access.test_card_command import Desk
from tests.ingest.serving import until
from tests.peers.ports import free_port
from tests.privacy.needles import found_in, found_under
from tests.territory.sample import SAMPLE

CLOCK = SystemClock()
IN = Point("door", "in")


class Door:
    """The co-pass of the door on its real link; everything it keeps lies in one folder."""

    def __init__(self, scene: Scene, address, directory: Path) -> None:
        settings = LinkSettings(
            address,
            directory / "outbox.sqlite",
            backoff=BackoffSettings(0.05, 0.2),
            batch_s=0.05,
            machine_serial="serial",
        )
        chance = random.SystemRandom()
        self.link = Link(settings, "lozere", DOOR, CLOCK, chance, "1.0")
        self.link.anchor("ntp", CLOCK.now_ms(), CLOCK.boot_ms())
        signer = open_signer(scene.directory)
        opener = SealOpener(
            "lozere", DOOR, scene.box.private_bytes_raw(), {signer.key_id: signer.public_bytes}
        )
        told = StationSettings(directory, "lozere", "0000b001", bytes(32))
        self.station = Station(told, self.link, opener, CLOCK)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.run())
            for _, run in self.station.works():
                group.create_task(run())

    def rights(self) -> int:
        snapshot = self.station.store.table.snapshot
        return len(snapshot.rights) if snapshot else -1

    async def tap(self, file: Path) -> str:
        card = CardOnDisk.read(file)
        channel = FakeCardReader().put(card.memory.uid, card.exchange)
        return (await self.station.desk.tap(channel, IN)).decision.reason

    def close(self) -> None:
        self.station.journal.close()
        self.link.close()


@asynccontextmanager
async def running(work):
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def desk(tmp_path, capsys):
    desk = Desk(tmp_path, capsys)
    desk.port = free_port()
    data = desk.records.parent
    desk.config.write_text(
        f'territory = "lozere"\ndata = "{data}"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{desk.port}"\n[web]\nport = {free_port()}\n',
        encoding="utf-8",
    )
    desk.new_set()
    return desk


@pytest.mark.parametrize(
    "processes", [(ALL_SERVICES,), tuple((name,) for name in ALL_SERVICES)], ids=["one", "three"]
)
async def test_a_card_is_issued_opens_is_lost_and_opens_no_more(desk, tmp_path, processes, caplog):
    caplog.set_level(logging.DEBUG)
    engine = open_records(f"sqlite:///{desk.records}")
    import_territory(engine, msgspec.structs.replace(SAMPLE, territory="lozere"))
    scene = Scene(desk.records.parent, f"sqlite:///{desk.records}")
    with writing(engine) as connection:
        scene.enrol(connection)
    card = await asyncio.to_thread(desk.issue)
    await asyncio.to_thread(desk.run, "grant", card, str(DOOR), "--kind", "member")
    broker = EmbeddedBroker(port=desk.port)
    await broker.start()
    settings = load_settings(desk.config)
    backends = [Backend(settings, CLOCK, random.SystemRandom(), named) for named in processes]
    folder = tmp_path / "door"
    folder.mkdir()
    file = Path(desk.file("card.json"))
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        stack.callback(scene.engine.dispose)
        async with AsyncExitStack() as serving:
            for backend in backends:
                task = await serving.enter_async_context(running(backend.run()))
                await until(lambda: backend.ready.is_set() or task.done())  # noqa: B023 - at once
            door = Door(scene, broker.address, folder)
            async with running(door.run()):
                await until(lambda: door.rights() == 1)
                assert await door.tap(file) == "granted"
                await until(lambda: in_the_place(engine) == [card])
                await until(lambda: status(desk)["held_version"] == 1)
                await asyncio.to_thread(desk.run, "revoke", card, "--lost")
                await until(lambda: door.rights() == 0)
                assert await door.tap(file) == "revoked"
                await until(lambda: stored_taps(desk) == 2)
                await until(lambda: status(desk)["held_version"] == 2)
                assert status(desk)["still_opens"] == []
                shown = await asyncio.to_thread(doors_shown, desk)
                assert [(one["held_version"], one["still_opens"]) for one in shown] == [(2, 0)]
            door.close()
            # The outbox file is lost; the journal is not, and says everything again.
            for path in folder.glob("outbox.sqlite*"):
                path.unlink()
            again = Door(scene, broker.address, folder)
            async with running(again.run()):
                assert await again.tap(file) == "revoked"
                await until(lambda: stored_taps(desk) == 3)
                await again.link.settled()
            again.close()
            assert stored_taps(desk) == 3
            assert count(engine, "tap_entry") == count(engine, "tap_holder") == 3
    uid = {"card": CardOnDisk.read(file).memory.uid}
    assert found_under(desk.records.parent, uid) == found_under(folder, uid) == []
    assert "rights=accepted" in caplog.text
    assert found_in(caplog.text.encode(), uid) == []
    await broker.stop()


def in_the_place(engine):
    with reading(engine) as connection:
        return [handle for handle, _ in who_is_in(connection, str(DOOR))]


def doors_shown(desk):
    address = f"http://127.0.0.1:{load_settings(desk.config).web.port}/api/doors"
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


def status(desk):
    return desk.run("status")["doors"][0]


def stored_taps(desk):
    with sqlite3.connect(desk.records.parent / "telemetry.sqlite") as store:
        tables = [
            name
            for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "tap" in name
        ]
        return sum(
            store.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in tables
        )


def count(engine, table):
    with reading(engine) as connection:
        return query(connection, f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608

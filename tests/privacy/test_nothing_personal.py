"""Nothing that names a person or a thing of theirs leaves where it belongs.

Real programs, real cards at real readers, phones at an access point; then every byte of the wire
and every file that was left is searched for every UID, MAC, name and derived key.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sqlite3
import traceback
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from backend.access.compiling import months_ahead
from backend.access.tables import card_holder
from backend.access.vault import Vault
from backend.records.open import open_records
from backend.records.transaction import writing
from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.http_endpoint import HttpEndpoint
from contract.broker_url import InvalidBrokerUrl, parse_broker_url
from contract.pseudonym import month_of, pseudonym_at
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.nmea_fake import FakeReceiver
from simulator.devices.access_point import AccessPoint
from simulator.devices.cards import CardOnDisk
from simulator.devices.contactless import Contactless, UidCard
from simulator.devices.desfire import CardMemory, DesfireCard
from simulator.devices.pn532 import Pn532
from tests.ingest.serving import until
from tests.peers.influxd import running_influxd
from tests.peers.mosquitto import running_mosquitto
from tests.peers.ports import free_port
from tests.privacy.installation import (
    BUS,
    CLOCK,
    DOOR,
    POINTS,
    SPACE,
    Eavesdropper,
    Installation,
)
from tests.privacy.needles import found_under
from tests.privacy.recording_relay import RecordingRelay

HOLDER = "zenaide-quillfeather"
PHONES = 4
WIFI_S = 90.0


class Field:
    """Readers, wires, phones and cards around the three agents."""

    def __init__(self, sockets: Path, stack: ExitStack) -> None:
        self.chip = stack.enter_context(FakeChip(sockets / "chip"))
        self.receiver = stack.enter_context(FakeReceiver())
        self.readers = {
            unit: stack.enter_context(Pn532(link=sockets / unit.replace("/", "-")))
            for unit in POINTS
        }
        self.phones = AccessPoint(sockets, CLOCK, random.SystemRandom())
        self.phones.start()
        stack.callback(self.phones.stop)
        self.sockets = sockets
        self.screen_port, self.cab_port = free_port(), free_port()

    def enrol_all(self, made: Installation) -> None:
        readers = {unit: self.sockets / unit.replace("/", "-") for unit in POINTS}
        made.enrol(
            DOOR,
            f'[lines]\nchip = "{self.chip.name}"\n[lines.outputs.relay]\noffset = 27\n'
            f'[reader]\nport = "{readers[DOOR]}"\n[door]\npulse_s = 0.5\n'
            f"[screen]\nport = {self.screen_port}\n",
        )
        made.enrol(
            SPACE,
            f'[occupancy]\ncapacity = 12\n[wifi]\nhostapd = ["{self.phones.path}"]\n'
            "interval_s = 60\nlook_s = 1\n"
            f'[[readers]]\nname = "hall"\nport = "{readers[SPACE]}"\n',
        )
        made.enrol(
            BUS,
            f'[position]\nport = "{self.receiver.port}"\n[reader]\nport = "{readers[BUS]}"\n'
            f"[cab]\nport = {self.cab_port}\n",
        )


async def tapped(field: Field, ear: Eavesdropper, unit: str, card: Contactless) -> str:
    """What the unit finds wrong, else "granted"; the card stays until it was heard."""
    before = len(ear.of(unit, "tap"))
    field.readers[unit].card_in(card)
    await until(lambda: len(ear.of(unit, "tap")) > before)
    field.readers[unit].card_out()
    tap = ear.of(unit, "tap")[-1]
    return str(tap.get("warning", tap["reason"]))


def accepted(ear: Eavesdropper, unit: str) -> int:
    return sum(ack["answer"] == "accepted" for ack in ear.of(unit, "ack"))


def stored_taps(made: Installation) -> int:
    """Taps of the bus among the embedded series."""
    with closing(sqlite3.connect(made.left / "data" / "telemetry.sqlite")) as series:
        tables = series.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return sum(
            "bus-door" in repr(row)
            for (name,) in tables
            for row in series.execute(f"SELECT * FROM {name}")  # noqa: S608 - ours
        )


def tables_with(database: Path, word: str) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name
            for (name,) in names.fetchall()
            for row in connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - ours
            if word in repr(row)
        }


@pytest.mark.long
@pytest.mark.parametrize("series", ["embedded", "influxdb"])
async def test_no_uid_mac_name_or_key_is_on_the_wire_or_in_any_file(tmp_path, capsys, series):
    made = Installation(tmp_path, capsys)
    sockets = tmp_path / "dev"
    sockets.mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(
            running_mosquitto(made.left, persistence=True, config={"log_type": "all"})
        )
        store = None
        if series == "influxdb":
            store = stack.enter_context(running_influxd(made.left / "influxdb"))
        async with RecordingRelay(broker.port, made.left / "wire") as relay:
            made.configure(relay.port, store)
            field = Field(sockets, stack)
            field.enrol_all(made)
            ear = Eavesdropper(broker.port)
            stack.callback(ear.stop)
            try:
                names, macs, others = await lived_through(made, field, ear)
            finally:
                await asyncio.to_thread(made.stop)
            taps = made.dump(store) if store else stored_taps(made)
            assert taps == len(ear.of(BUS, "tap"))
    needles = made.secrets_of(names) | others
    needles |= {f"phone {n}": bytes.fromhex(mac.replace(":", "")) for n, mac in enumerate(macs)}
    assert found_under(made.left, needles) == []
    (made.left / "heard").write_bytes(b"\n".join(b"".join([t.encode(), b]) for t, b in ear.heard))
    assert found_under(made.left, needles) == []

    # The search would have found them: the cards themselves carry them, ...
    cards = tmp_path / "desk"
    for name in names:
        assert f"{name}.card: uid of {name}" in found_under(cards, needles)
    # ... the holder stands in one table of the records and nowhere else, ...
    found = {line.partition(":")[0] for line in found_under(made.left, {"": HOLDER.encode()})}
    assert {Path(path).name.partition(".")[0] for path in found} == {"records"}
    assert tables_with(made.desk.records, HOLDER) == {"card_holder"}
    # ... and the name on the wire, one at every door, is on the wire and not among the series.
    named = {tap["pseudonym"] for unit in POINTS for tap in ear.of(unit, "tap")[:1]}
    assert len(named) == 1
    assert next(iter(named)).startswith(month_of(CLOCK.now_ms()))
    where = found_under(made.left, {"": next(iter(named)).encode()})
    assert any(line.startswith("wire/") for line in where)
    assert not [line for line in where if "telemetry" in line]


async def lived_through(
    made: Installation, field: Field, ear: Eavesdropper
) -> tuple[dict[str, str], list[str], dict[str, bytes]]:
    """Issue, grant, tap, revoke, tap again; cards that are not ours; phones; remote help.

    The issued cards by name, every MAC, and the UIDs of all other cards.
    """
    desk, names = made.desk, {}
    for name in ("alice", "bruno"):
        names[name] = await asyncio.to_thread(desk.issue, f"{name}.card", holder=f"{HOLDER}-{name}")
        for unit, point in POINTS.items():
            await asyncio.to_thread(desk.run, "grant", names[name], unit, "--point", point)
    made.start("serve", "serve", "all", "--config", str(desk.config))
    for unit in POINTS:
        made.start_agent(unit)
    alice, bruno = (CardOnDisk.read(desk.directory / f"{name}.card") for name in names)
    await until(lambda: all(accepted(ear, unit) for unit in POINTS))
    macs = [field.phones.join() for _ in range(PHONES)]
    await until(lambda: field.phones.hostapd.listeners == 1)
    for mac in macs:
        field.phones.use(mac, 10_000, 200_000)
    for unit in POINTS:
        assert await tapped(field, ear, unit, alice) == "granted"
    before = accepted(ear, DOOR)
    await asyncio.to_thread(desk.run, "revoke", names["bruno"], "--lost")
    await until(lambda: accepted(ear, DOOR) > before)
    assert await tapped(field, ear, DOOR, bruno) == "revoked"
    made.page(field.screen_port, "/state")

    stranger, blank = b"\x04" + secrets.token_bytes(6), b"\x04" + secrets.token_bytes(6)
    hidden = DesfireCard(CardMemory(blank, random_uid=True), secrets.token_bytes)
    copied = DesfireCard(CardMemory(alice.memory.uid), secrets.token_bytes)
    for card, reason in (
        (UidCard(stranger), "unknown_card"),
        (hidden, "unknown_card"),
        (copied, "not_authentic"),
    ):
        assert await tapped(field, ear, DOOR, card) == reason
    assert await tapped(field, ear, SPACE, UidCard(alice.memory.uid)) == "not_authentic"
    assert await tapped(field, ear, BUS, UidCard(stranger)) == "unknown_card"

    field.phones.leave(macs[0])
    field.phones.roam(macs[1])
    macs.append(field.phones.join())
    for unit in POINTS:
        assert await asyncio.to_thread(made.ask, "logs", unit)
        await asyncio.to_thread(made.ask, "doctor", unit)
    async with asyncio.timeout(WIFI_S):
        while not ear.of(SPACE, "wifi"):
            await CLOCK.sleep(0.5)
    assert ear.of(SPACE, "wifi")[0]["stations"] in {PHONES, PHONES + 1}
    for port, path in (
        (field.screen_port, "/state"),
        (field.cab_port, "/state.json"),
        *((made.web_port, f"/api/{name}") for name in ("doors", "devices", "vehicles")),
        (made.web_port, "/devices"),
    ):
        await asyncio.to_thread(made.page, port, path)
    return names, macs, {"stranger": stranger, "hidden": blank}


def test_a_card_has_another_name_each_month_and_in_each_territory():
    uid, now_ms = b"\x04" + secrets.token_bytes(6), CLOCK.now_ms()
    vaults = [Vault(secrets.token_bytes(32)) for _ in range(2)]
    keys = [months_ahead(vault.territory_key, now_ms) for vault in vaults]
    months = [now_ms, now_ms + 31 * 86_400_000]
    names = [
        pseudonym_at(at_ms, known, uid).partition("-")[2] for known in keys for at_ms in months
    ]
    assert len(set(names)) == 4


def test_a_store_that_refuses_a_row_does_not_repeat_it(tmp_path):
    records = open_records(f"sqlite:///{tmp_path}/records.sqlite")
    row = {"card_id": "1", "holder": HOLDER, "since_ms": 0, "kept_until_ms": None}
    with pytest.raises(IntegrityError) as refused, writing(records) as connection:
        connection.execute(insert(card_holder), [row, row])
    assert HOLDER not in str(refused.value)
    records.dispose()


def test_an_address_that_cannot_be_read_does_not_repeat_its_password():
    password = secrets.token_hex()
    for parse in (parse_broker_url, lambda url: HttpEndpoint(url, {})):
        with pytest.raises((InvalidBrokerUrl, TelemetryRefused), match="needs %2F") as refused:
            parse(f"http://agent:{password}/x@host:1883")
        assert password not in "".join(traceback.format_exception(refused.value))

"""A whole space as systemd starts it: one process, wires on a fake chip, a radar and a reader on
ptys, hostapd's socket, a broker and rights sealed to it."""

from __future__ import annotations

import json
import random
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.broker.embedded import EmbeddedBroker
from backend.devices.sealing import Addressee, seal
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.codec import encode
from contract.pseudonym import month_of
from contract.rights import CardKey, Right, Snapshot, card_tag, encode_rights
from contract.topics import Unit, downlink_topic
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.hostapd_fake import FakeHostapd
from edge.drivers.ld2410_fake import SITTING, FakeRadar
from edge.drivers.wifi_station import Station
from edge.link.service import Link
from edge.link.settings import LinkSettings
from simulator.devices.pn532 import Pn532
from softplace.__main__ import main
from tests.broker.harness import BrokerThread
from tests.copass.issued import Issued, issued
from tests.copass.rights_made import HOUR_MS, LOOKUP_KEY, MONTH_KEY
from tests.copass.territory import SIGNER, TERRITORY
from tests.drivers.listening import until
from tests.link.scripted_backend import ScriptedBackend

REPOSITORY = Path(__file__).resolve().parents[2]
MAX_RESIDENT_KB = 46_000
"""With everything on; 8 MB of it are pages of the co-pass's cryptography, shared by all agents."""
UNIT = Unit("space", "mende")
SERIAL = "serial-1"
BOX = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
CONFIG = """
territory = "lozere"
unit = "space/mende"
health_interval_s = 0

[broker]
url = "mqtt://127.0.0.1:{port}"

[outbox]
path = "outbox.db"

[link]
machine_serial = "serial-1"
batch_s = 0.05

[identity]
directory = "identity"

[occupancy]
capacity = 12
seats = 10

[lines]
chip = "fake:{here}/chip"
[lines.inputs]
outer = {{ offset = 5 }}
inner = {{ offset = 6 }}
drill-door = {{ offset = 7, pull = "up", active_low = true, debounce_ms = 5 }}
drill-there = {{ offset = 8, pull = "up", active_low = true }}
[lines.outputs]
strike = {{ offset = 20 }}
green = {{ offset = 21 }}

[[doors]]
name = "front"
outer = "outer"
inner = "inner"

[[presence]]
name = "radar"
kind = "ld2410"
port = "{here}/radar"

[wifi]
hostapd = ["{here}/wlan0"]
interval_s = 60

[[lockers]]
name = "drill"
strike = "strike"
contact = "drill-door"
equipment = "drill-there"

[[readers]]
name = "hall"
port = "{here}/reader"
lockers = ["drill"]
"""


@dataclass
class Scene:
    process: subprocess.Popen[str]
    chip: FakeChip
    radar: FakeRadar
    reader: Pn532
    hostapd: FakeHostapd
    backend: ScriptedBackend


def written(tmp_path: Path, port: int = 1) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG.format(port=port, here=tmp_path))
    identity = tmp_path / "identity"
    identity.mkdir()
    for name in ("tls.key", "tls.crt", "ca.pem"):
        (identity / name).write_text("unused without TLS")
    (identity / "box.key").write_bytes(BOX.private_bytes_raw())
    signers = {SIGNER.key_id: SIGNER.public_bytes.hex()}
    (identity / "signers.json").write_text(json.dumps(signers))
    return path


def knows_the_time(tmp_path: Path, broker: BrokerAddress) -> None:
    """The machine of a test may have no NTP; its outbox then has an anchor of this boot."""
    clock, chance = SystemClock(), random.Random(1)  # noqa: S311 - nothing secret hangs on it
    settings = LinkSettings(broker, tmp_path / "outbox.db", machine_serial=SERIAL)
    link = Link(settings, TERRITORY, UNIT, clock, chance, "0")
    link.anchor("ntp", clock.now_ms(), clock.boot_ms())
    link.close()


def started(config: Path, log: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "softplace", "agent", "space", "--config", str(config)],
        cwd=REPOSITORY,
        stderr=log,
        text=True,
    )


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[Scene]:
    with (
        BrokerThread(lambda: EmbeddedBroker(port=0)) as broker,
        FakeChip(tmp_path / "chip") as chip,
        FakeRadar(tmp_path / "radar") as radar,
        Pn532(link=tmp_path / "reader") as reader,
    ):
        chip.drive(7, 0)
        chip.drive(8, 0)
        hostapd = FakeHostapd(tmp_path / "wlan0")
        hostapd.start()
        backend = ScriptedBackend(broker.address, unit=UNIT)
        backend.start()
        config = written(tmp_path, broker.address.port)
        knows_the_time(tmp_path, broker.address)
        process = started(config)
        try:
            yield Scene(process, chip, radar, reader, hostapd, backend)
        finally:
            process.kill()
            process.communicate()
            backend.stop()
            hostapd.stop()


def rights_for(card: Issued) -> bytes:
    """The sealed frame that lets `card` into the room, and to the drill for the next hour."""
    now_ms = SystemClock().now_ms()
    tag = card_tag(LOOKUP_KEY, card.card.memory.uid)
    snapshot = Snapshot(
        version=1,
        issued_ms=now_ms,
        timezone="Europe/Paris",
        lookup_key=LOOKUP_KEY,
        pseudonym_keys={month_of(now_ms): MONTH_KEY},
        cards=(replace_tag(card, tag),),
        rights=(
            Right(1, tag, "member", ("room",), offline_for_s=72 * 3_600),
            Right(2, tag, "booking", ("drill",), ends_ms=now_ms + HOUR_MS),
        ),
    )
    to = Addressee(TERRITORY, UNIT, BOX.public_key().public_bytes_raw())
    body = encode_rights(snapshot)
    return encode(seal(SIGNER, to, "rights", body, term=1, version=1, chunk=0, chunks=1))


def replace_tag(card: Issued, tag: bytes) -> CardKey:
    told = card.card_key()
    return CardKey(tag, told.key, told.key_number, told.scheme)


async def walk_in(chip: FakeChip) -> None:
    """A body walks in, in some haste."""
    for offset, level in ((5, 1), (6, 1), (5, 0), (6, 0)):
        chip.drive(offset, level)
        await SystemClock().sleep(0.01)


def resident_kb(process: subprocess.Popen[str]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


async def test_a_space_counts_lends_and_stops_when_told(tmp_path: Path):
    card = await issued(uid=b"\x04" + secrets.token_bytes(6))
    async with running(tmp_path) as scene:
        backend, chip = scene.backend, scene.chip
        topic = f"{downlink_topic(TERRITORY, UNIT, 'rights')}/0"
        backend.client.publish(topic, rights_for(card), qos=1, retain=True)
        await backend.until(lambda: any(ack.answer == "accepted" for ack in backend.of("ack")))
        await backend.until(lambda: bool(backend.of("occupancy")))

        await until(lambda: chip.is_held(5), "the wires are listened to")
        for _ in range(3):
            await walk_in(chip)
        scene.radar.report(SITTING)
        await backend.until(lambda: sum(o.entered for o in backend.of("occupancy")) == 3)
        assert backend.of("occupancy")[-1].seats == 10

        scene.reader.card_in(card.card)
        await until(lambda: chip.level(20) == 1, "the strike of the locker is energised")
        await backend.until(lambda: bool(backend.of("tap")))
        [tap] = backend.of("tap")
        assert (tap.decision, tap.place, tap.right_id) == ("granted", "drill", 2)
        chip.drive(7, 1)
        chip.drive(8, 1)
        chip.drive(7, 0)
        kept = tmp_path / "outbox.lockers"
        await until(lambda: kept.exists() and b'"lent"' in kept.read_bytes(), "it is lent")

        kilobytes = resident_kb(scene.process)
        scene.process.send_signal(signal.SIGTERM)
        await until(lambda: scene.process.poll() is not None, "the agent stops")
        said = scene.process.stderr.read()
        assert scene.process.returncode == 0, said
        assert "Traceback" not in said
        assert chip.level(20) == 0, "no strike stays energised"
        assert kilobytes < MAX_RESIDENT_KB
    uid = card.card.memory.uid.hex()
    assert not [h for h in backend.heard if uid in h.payload.decode("latin-1")]


async def test_a_killed_space_knows_afterwards_what_it_knew(tmp_path: Path):
    async with running(tmp_path) as scene:
        scene.chip._levels[20] = 1
        await until(lambda: scene.chip.is_held(8), "the wires are listened to")
        await until(lambda: scene.chip.level(20) == 0, "a strike left energised is let go")
        scene.chip.drive(8, 1)
        kept = tmp_path / "outbox.lockers"
        await until(lambda: kept.exists() and b'"missing"' in kept.read_bytes(), "it is missing")
        await scene.backend.until(lambda: bool(scene.backend.of("alarm")))
        [alarm] = scene.backend.of("alarm")
        assert (alarm.alarm, alarm.subject, alarm.state) == ("equipment_missing", "drill", "raised")
        scene.process.kill()
        scene.process.wait()
    assert b'"missing"' in kept.read_bytes()


async def test_a_space_whose_devices_all_come_later_says_each_once_and_works(tmp_path: Path):
    config, log = written(tmp_path), tmp_path / "log"
    with log.open("w", encoding="utf-8") as opened:
        process = started(config, opened)
    chip = FakeChip(tmp_path / "chip")
    try:
        for what in ("lines=down", "reader=down", "presence=down", "wifi=down"):
            await until(lambda: what in log.read_text(), what)  # noqa: B023 - it is awaited here
        with FakeRadar(tmp_path / "radar"), Pn532(link=tmp_path / "reader") as reader, chip:
            await until(lambda: chip.is_held(5), "the wires are listened to")
            await until(lambda: reader.passed_bytes[0] > 30, "the reader is asked for cards")
            await until(lambda: "reader=up" in log.read_text(), "the reader works")
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None, "the agent stops")
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert process.returncode == 0, said
    assert "Traceback" not in said
    for what in (
        "outputs=down",
        "outputs=up",
        "lines=down",
        "lines=up",
        "reader=down",
        "reader=up",
    ):
        assert said.count(what) == 1, said


def test_a_space_without_readers_loads_nothing_of_the_co_pass():
    loads = (
        "import sys, edge.space_agent.building\n"
        "print([m for m in ('cryptography', 'gpiod', 'serial') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", loads], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("capacity = 12", "capacity = 0"), r"\[occupancy\] capacity"),
        (('inner = "inner"\n', ""), "front: name both beams, or none"),
        (("strike = { offset = 20 }", ""), r"\[lines.outputs.strike\] is missing"),
        (("inner = { offset = 6 }", "inner = { offset = 6 }\nextra = { offset = 9 }"), "extra"),
        (('lockers = ["drill"]', 'lockers = ["saw"]'), "there is no locker saw"),
        (('port = "{here}/radar"', ""), r"\[\[presence\]\] radar: port is missing"),
        (("seats = 10", 'timezone = "Europe/Mende"'), "timezone = 'Europe/Mende' is not known"),
        (("space/mende", "bus/b1"), "this agent serves space/ID"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
):
    config = written(tmp_path)
    old, new = (text.replace("{here}", str(tmp_path)) for text in change)
    before = config.read_text()
    assert old in before
    config.write_text(before.replace(old, new))
    assert main(["agent", "space", "--config", str(config)]) == 1
    [line] = capsys.readouterr().err.strip().splitlines()
    assert re.search(said, line), line


def station(mac: str) -> Station:
    return Station(mac, authorized=True, received_bytes=1_000, sent_bytes=2_000)


@pytest.mark.long
async def test_wifi_use_is_told_without_an_address(tmp_path: Path):
    async with running(tmp_path) as scene:
        mac = "02:11:22:33:44:55"
        await until(lambda: scene.hostapd.listeners == 1, "hostapd is listened to")
        scene.hostapd.connect(station(mac))
        await scene.backend.until(lambda: bool(scene.backend.of("wifi")), 90)
        [wifi] = scene.backend.of("wifi")
        assert wifi.stations == 1
        scene.process.kill()
        said = scene.process.stderr.read()
    raw = mac.replace(":", "")
    for text in (said, *(heard.payload.decode("latin-1") for heard in scene.backend.heard)):
        assert mac not in text
        assert raw not in text

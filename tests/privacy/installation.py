"""A door, a space, a bus, their backend and broker as processes that log everything they can.

All that they leave lies under `left`; what belongs to the desk and to card holders (cards, parts
of the master key) under `desk`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as paho
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.access.card_records import read_secrets
from backend.access.vault import Vault
from backend.devices.assignments import put_device_in
from backend.devices.registry import Device, GivenCertificate, put_certificate, put_device
from backend.devices.signing_key import open_signer
from backend.records.open import open_records
from backend.records.transaction import reading, writing
from backend.territory.store import import_territory
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.topics import Unit, parse_unit
from edge.link.service import Link
from edge.link.settings import LinkSettings
from softplace.__main__ import main
from tests.access.test_card_command import Desk
from tests.peers.influxd import Influxd
from tests.peers.ports import free_port
from tests.territory.sample import SAMPLE

REPOSITORY = Path(__file__).resolve().parents[2]
TERRITORY = "lozere"
DOOR, SPACE, BUS = "reader/die", "space/mende", "bus/b1"
POINTS = {DOOR: "door", SPACE: "room", BUS: "bus-door"}
TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s %(message)s")
from softplace.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
CLOCK = SystemClock()
FAR_MS = 10 * 365 * 86_400_000


class Installation:
    """`capsys` is pytest's: commands run in this process and print."""

    def __init__(self, directory: Path, capsys: Any) -> None:
        self.left = directory / "left"
        (directory / "desk").mkdir()
        (self.left / "data").mkdir(parents=True)
        self.desk = Desk(directory / "desk", capsys)
        self.desk.records = self.left / "data" / "records.sqlite"
        self.desk.config = self.left / "softplace.toml"
        self.web_port = free_port()
        self._capsys = capsys
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def configure(self, broker_port: int, store: Influxd | None) -> None:
        """Settings, records, territory and the ceremony of the master key."""
        self.broker_port = broker_port
        telemetry = f'[telemetry]\nurl = "{store.url}"\n' if store else ""
        self.desk.config.write_text(
            f'territory = "{TERRITORY}"\ndata = "{self.left}/data"\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{broker_port}"\n[web]\nport = {self.web_port}\n'
            f"{telemetry}"
        )
        self.records = open_records(f"sqlite:///{self.desk.records}")
        import_territory(self.records, msgspec.structs.replace(SAMPLE, territory=TERRITORY))
        self.desk.new_set()

    def enrol(self, unit: str, sections: str) -> None:
        """A device for `unit`, with its identity and configuration under `left`."""
        kind, _, name = unit.partition("/")
        place = self.left / kind
        (place / "identity").mkdir(parents=True)
        box = X25519PrivateKey.generate()
        now_ms = CLOCK.now_ms()
        with writing(self.records) as connection:
            device = f"d-{kind}"
            put_device(
                connection, Device(device, kind, box.public_key().public_bytes_raw(), now_ms)
            )
            serial = name.encode().hex()
            put_certificate(
                connection, GivenCertificate(serial, device, unit, "", now_ms, now_ms + FAR_MS)
            )
            put_device_in(connection, device, unit, now_ms)
        signer = open_signer(self.left / "data")
        (place / "identity" / "box.key").write_bytes(box.private_bytes_raw())
        signers = json.dumps({signer.key_id: signer.public_bytes.hex()})
        (place / "identity" / "signers.json").write_text(signers)
        for file in ("tls.key", "tls.crt", "ca.pem"):
            (place / "identity" / file).touch()
        (place / "agent.toml").write_text(
            f'territory = "{TERRITORY}"\nunit = "{unit}"\nhealth_interval_s = 5\n{sections}\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.broker_port}"\n'
            f'[outbox]\npath = "outbox.db"\n[identity]\ndirectory = "identity"\n'
            f'[link]\nmachine_serial = "{kind}"\nbatch_s = 0.05\n'
        )
        self._know_the_time(parse_unit(unit), place)

    def start(self, name: str, *words: str) -> None:
        """One program of ours, at its most talkative."""
        with (self.left / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-X", "dev", "-c", TALKATIVE, *words],
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
            )

    def start_agent(self, unit: str) -> None:
        """The agent of `unit`."""
        kind = unit.partition("/")[0]
        self.start(kind, "agent", kind, "--config", str(self.left / kind / "agent.toml"))

    def stop(self) -> None:
        """As systemd stops them: told first."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.records.dispose()

    def ask(self, command: str, unit: str) -> str:
        """What `softplace device COMMAND UNIT` prints; kept under `left` too."""
        code = main(["device", command, unit, "--config", str(self.desk.config)])
        said = self._capsys.readouterr()
        assert code == 0, said.err
        self.keep(f"{command}-{unit}", said.out)
        return str(said.out)

    def page(self, port: int, path: str) -> None:
        """What a page shows, kept under `left`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            self.keep(f"page-{port}{path}", answer.read().decode())

    def keep(self, name: str, text: str) -> None:
        """Something that a person was shown."""
        shown = self.left / "shown"
        shown.mkdir(exist_ok=True)
        (shown / name.replace("/", "_")).write_text(text)

    def dump(self, store: Influxd) -> int:
        """Every point of every database into a file under `left`; how many are taps."""
        said = {
            name: store.query("SELECT * FROM /.*/", name)
            for name in (str(row["name"]) for row in store.query("SHOW DATABASES"))
        }
        (self.left / "telemetry.json").write_text(json.dumps(said))
        return json.dumps(said).count("bus-door")

    def secrets_of(self, names: dict[str, str]) -> dict[str, bytes]:
        """UID and derived keys of the issued cards, by the name of each and what it is."""
        vault = Vault((self.left / "data" / "keys" / "vault.key").read_bytes())
        found: dict[str, bytes] = {}
        with reading(self.records) as connection:
            for name, card_id in names.items():
                told = read_secrets(connection, vault, card_id)
                found[f"uid of {name}"] = told.uid
                found |= {f"key {slot} of {name}": key for slot, key in told.keys.items()}
        return found

    @staticmethod
    def _know_the_time(unit: Unit, place: Path) -> None:
        """The machine of a test may have no NTP; the outbox then has an anchor of this boot."""
        nowhere = BrokerAddress("127.0.0.1", 1)
        settings = LinkSettings(nowhere, place / "outbox.db", machine_serial=unit.kind)
        link = Link(settings, TERRITORY, unit, CLOCK, random.SystemRandom(), "0")
        link.anchor("ntp", CLOCK.now_ms(), CLOCK.boot_ms())
        link.close()


class Eavesdropper:
    """A plain subscriber to everything; `heard` grows from its own thread."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload)))
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("softplace/#", qos=1)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, unit: str, stream: str) -> list[dict[str, Any]]:
        """Each message of one stream of one unit, once, however often it was sent."""
        topic = f"softplace/1/{TERRITORY}/{unit}/{stream}"
        found = [json.loads(body) for name, body in list(self.heard) if name == topic and body]
        return list({(told["outbox"], told["seq"]): told for told in found}.values())

"""A territory with one door, a few cards, and a device that has only what reached it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, Engine

from backend.access.desk import Author, grant, issue
from backend.access.keys import AccessKeys, open_keys
from backend.access.model import DIRECT, Card, CardSecrets, Grant
from backend.access.press import Place
from backend.devices.addressing import addressee_of
from backend.devices.assignments import put_device_in
from backend.devices.registry import Device, GivenCertificate, put_certificate, put_device
from backend.devices.sealing import Addressee
from backend.records.open import open_records
from contract.clock import SystemClock
from contract.rights import Snapshot, apply_delta, decode_delta, decode_snapshot
from contract.topics import Unit
from edge.link.sealed import SealOpener

TERRITORY, DOOR = "lozere", Unit("reader", "die")
PLACE = Place(TERRITORY, "Europe/Paris", alsace_moselle=False)
NOW_MS = 1_795_680_720_000
HOUR_MS = 3_600_000
DESK = "desk"


@dataclass
class Scene:
    """Records, keys and the device of the door."""

    directory: Path
    url: str = "sqlite://"
    engine: Engine = field(init=False)
    keys: AccessKeys = field(init=False)
    box: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.engine = open_records(self.url)
        self.keys = open_keys(self.directory)

    def enrol(
        self, connection: Connection, box: X25519PrivateKey | None = None, n: int = 1
    ) -> None:
        public = (box or self.box).public_key().public_bytes_raw()
        put_device(connection, Device(f"d{n}", "serial", public, 1_000 * n))
        far_ms = NOW_MS + 20 * 365 * 24 * HOUR_MS
        certificate = GivenCertificate(f"{n:x}", f"d{n}", str(DOOR), "", 1_000 * n, far_ms)
        put_certificate(connection, certificate)
        put_device_in(connection, f"d{n}", str(DOOR), 1_000 * n)

    def opener(self) -> SealOpener:
        signer = self.keys.signer
        return SealOpener(
            TERRITORY, DOOR, self.box.private_bytes_raw(), {signer.key_id: signer.public_bytes}
        )

    def issue(self, connection: Connection, n: int, at_ms: int = NOW_MS) -> str:
        card = Card(f"{n:016x}", "ev2", 1, "active", at_ms, DESK)
        secrets = CardSecrets(uid_of(n), {slot: bytes([n, slot]) * 8 for slot in range(5)})
        issue(connection, self.keys.vault, card, secrets, holder=f"holder-{n}")
        return card.card_id


def serving_now(connection: Connection, territory: str, unit: Unit) -> Addressee | None:
    return addressee_of(connection, territory, unit, SystemClock().now_ms())


def uid_of(n: int) -> bytes:
    return bytes.fromhex("04a1b2c3d4e5") + bytes([n])


def wanted(card_id: str, **fields: object) -> Grant:
    values: dict[str, object] = {
        "right_id": 0,
        "card_id": card_id,
        "unit": str(DOOR),
        "points": ("door",),
        "kind": "member",
        "starts_ms": 0,
        "ends_ms": None,
        "schedule": None,
        "offline_for_s": None,
        "label": "",
        "duress": False,
        "passes_lockdown": False,
        "source": DIRECT,
        "created_ms": NOW_MS,
        "created_by": DESK,
    }
    return Grant(**values | fields)  # type: ignore[arg-type]


def give(connection: Connection, card_id: str, now_ms: int = NOW_MS, **fields: object) -> int:
    return grant(connection, wanted(card_id, created_ms=now_ms, **fields), Author(DESK, now_ms))


@dataclass
class DoorDouble:
    """Takes what a door takes: nothing older than it has, and no delta of another base."""

    opener: SealOpener
    snapshot: Snapshot | None = None
    edition: tuple[int, int] = (0, 0)
    gap: bool = False
    _chunks: dict[tuple[int, int], dict[int, bytes]] = field(default_factory=dict)

    def take(self, name: str, payload: bytes) -> bool:
        """Whether something new is in force."""
        opened = self.opener.open(name, payload)
        edition = (opened.term, opened.version)
        if edition <= self.edition:
            return False
        if name == "rights":
            chunks = self._chunks.setdefault(edition, {})
            chunks[opened.chunk] = opened.body
            if len(chunks) < opened.chunks:
                return False
            self.snapshot = decode_snapshot(b"".join(chunks[n] for n in range(opened.chunks)))
        else:
            delta = decode_delta(opened.body)
            held = self.snapshot
            if held is None or opened.term != self.edition[0] or held.version != delta.base_version:
                self.gap = True
                return False
            self.snapshot = apply_delta(held, delta)
        self.edition, self.gap = edition, False
        return True

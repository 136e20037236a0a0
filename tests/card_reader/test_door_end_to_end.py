"""Card in the field to relay, all real but the metal: the program, a PN532, a card, a chip."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.rights import CardKey, Right, Snapshot, card_tag
from edge.copass.at_rest import SealedFile, at_rest_key, board_secret
from edge.copass.durable_files import RealFiles
from edge.copass.journal import Journal
from edge.copass.rights_store import RightsStore
from edge.drivers.gpio_fake import FakeChip
from simulator.devices.pn532 import Pn532
from tests.card_reader.chips import RELAY, pulses, until
from tests.copass.issued import Issued, issued
from tests.copass.rights_made import LOOKUP_KEY, MONTH_KEY
from tests.copass.territory import frames, opener

REPOSITORY = Path(__file__).resolve().parents[2]
SERIAL = "10000000abcdef01"
FILES = RealFiles()


def rights_of(co_pass: Issued) -> Snapshot:
    tag = card_tag(LOOKUP_KEY, co_pass.card.memory.uid)
    known = co_pass.card_key(1)
    return Snapshot(
        version=1,
        issued_ms=SystemClock().now_ms(),
        timezone="Europe/Paris",
        lookup_key=LOOKUP_KEY,
        pseudonym_keys={"202611": MONTH_KEY},
        cards=(CardKey(tag, known.key, known.key_number, known.scheme),),
        rights=(Right(1, tag, "member", ("door",), offline_for_s=72 * 3_600),),
    )


def deliver(directory: Path, snapshot: Snapshot) -> None:
    """Rights as an earlier run of the agent has left them."""
    board = board_secret(configured=SERIAL)
    key = at_rest_key(board, directory / "secret", FILES, secrets.token_bytes)
    rights, floor = (
        SealedFile(directory / f"{name}.sealed", key, name, FILES, secrets.token_bytes)
        for name in ("rights", "floor")
    )
    store = RightsStore(rights, floor, opener())
    (answer,) = [store.take("rights", frame) for frame in frames(snapshot)]
    assert answer.answer == "accepted"


class Door:
    """The real program in a directory, and the devices around it."""

    def __init__(self, directory: Path, chip: FakeChip, reader: Pn532, co_pass: Issued) -> None:
        self.co_pass = co_pass
        self.directory = directory
        self.chip = chip
        self.reader = reader
        self.config = directory / "door.toml"
        self.config.write_text(
            'territory = "lozere"\nunit = "reader/mende"\n'
            '[broker]\nurl = "mqtt://127.0.0.1:1"\n[outbox]\npath = "outbox.db"\n'
            f'[link]\nmachine_serial = "{SERIAL}"\n[lines]\nchip = "{chip.name}"\n'
            f"[lines.outputs.relay]\noffset = {RELAY}\n"
            f'[reader]\nport = "{reader.port}"\n[door]\npulse_s = 0.4\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = [sys.executable, "-m", "edge.card_reader", str(self.config)]
        self.process = subprocess.Popen(program, cwd=REPOSITORY, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def tap_bodies(self) -> list[dict[str, object]]:
        lines = b"".join(p.read_bytes() for p in sorted(self._journal.glob("*.log"))).split(b"\n")
        entries = [json.loads(line[65:]) for line in lines if b'"kind":"tap"' in line]
        return [entry["body"] for entry in entries]

    def breaks(self) -> tuple[str, ...]:
        return Journal(self._journal, FILES, lambda: secrets.token_hex(8), lambda _name: 0).breaks

    @property
    def _journal(self) -> Path:
        return self.directory / "copass" / "journal"


@pytest.fixture
async def door(tmp_path):
    co_pass = await issued()
    deliver(tmp_path / "copass", rights_of(co_pass))
    with FakeChip(tmp_path / "chip") as chip, Pn532(baud=115_200) as reader:
        made = Door(tmp_path, chip, reader, co_pass)
        made.start()
        await until(lambda: chip.is_held(RELAY), "the guard had the relay")
        yield made
        made.kill()


async def tap(door: Door) -> float:
    """Seconds from card in the field to the lock released."""
    clock = SystemClock()
    begun_s = clock.monotonic_s()
    door.reader.card_in(door.co_pass.card)
    released_s = await until(lambda: door.chip.level(RELAY) == 1, "the lock was released")
    door.reader.card_out()
    await until(lambda: door.chip.level(RELAY) == 0, "the lock was let go")
    return released_s - begun_s


async def test_a_card_in_the_field_releases_the_lock_and_stands_in_the_journal(door):
    await tap(door)
    (body,) = door.tap_bodies()
    assert body["decision"] == "granted"
    assert body["pseudonym"].startswith("202611-") or body["pseudonym"] == "unknown"
    assert door.breaks() == ()


async def test_a_copied_uid_does_not(door):
    stranger = await issued(uid=door.co_pass.card.memory.uid)
    door.reader.card_in(stranger.card)
    await until(lambda: len(door.tap_bodies()) == 1, "it was written down")
    assert door.tap_bodies()[0]["reason"] == "not_authentic"
    assert door.chip.history(RELAY)[1:] == []


@pytest.mark.long
async def test_kills_at_any_moment_open_nothing_that_is_not_written_down(door):
    """The agent is killed somewhere in the tap: before, at, or after the entry and the pulse."""
    for round_ in range(12):
        door.reader.card_in(door.co_pass.card)
        await SystemClock().sleep(0.015 * round_)
        os.kill(door.process.pid, signal.SIGKILL)
        door.kill()
        await until(lambda: not door.chip.is_held(RELAY), "the guard was gone")
        assert door.chip.level(RELAY) == 0
        assert len(pulses(door.chip)) <= len(door.tap_bodies())
        door.reader.card_out()
        door.start()
        await until(lambda: door.chip.is_held(RELAY), "the next guard had the relay")
    await tap(door)
    assert door.breaks() == ()

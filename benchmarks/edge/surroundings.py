"""What several agents have around them: files, sockets, a board's clock, cards at a reader."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.tap.cards import HeldCard, held_cards, keep, snapshot_of
from edge.copass.at_rest import at_rest_key, board_secret
from edge.copass.durable_files import RealFiles
from edge.drivers.gpio_fake import FakeChip
from simulator.devices.pn532 import Pn532

TERRITORY = "bench"
IN_FIELD_S = 1.0
BETWEEN_TAPS_S = 60.0
_STEP_S = 0.15
"""From one beam to the next."""

Happening = Callable[[], Coroutine[Any, Any, None]]
"""Goes on around an agent until cancelled."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where an agent lives. `sockets` is apart: a socket's path is short by law of the kernel."""

    name: str
    home: Path
    sockets: Path
    broker_port: int

    @property
    def serial(self) -> str:
        """The number of its machine."""
        return f"bench-{self.name}"

    @property
    def rtc(self) -> Path:
        """The board's clock."""
        return self.home / "rtc"

    def common(self, unit: str) -> str:
        """The part of a configuration that all agents have."""
        return (
            f'territory = "{TERRITORY}"\nunit = "{unit}"\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.broker_port}"\n'
            f'[outbox]\npath = "{self.home}/outbox.sqlite"\n'
            f'[link]\nmachine_serial = "{self.serial}"\nrtc = "{self.rtc}"\n'
        )

    def keep_rights(self, held: list[HeldCard], rights: int) -> None:
        """As if they had come from the backend."""
        directory = self.home / "copass"
        directory.mkdir()
        board = board_secret(configured=self.serial)
        key = at_rest_key(board, directory / "secret", RealFiles(), secrets.token_bytes)
        now_s = int(time.time())
        keep(snapshot_of(held, rights, now_s * 1_000, version=now_s), directory, key)

    def write_identity(self) -> None:
        """Keys of its own: frames of nobody open."""
        directory = self.home / "identity"
        directory.mkdir()
        (directory / "box.key").write_bytes(secrets.token_bytes(32))
        signer = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        (directory / "signers.json").write_text(json.dumps({"bench-1": signer.hex()}))
        for name in ("tls.key", "tls.crt", "ca.pem"):
            (directory / name).touch()

    async def clock_goes_on(self) -> None:
        """The board's clock, second after second."""
        while True:
            self.rtc.write_text(str(int(time.time())), encoding="ascii")
            await asyncio.sleep(1.0)


def cards_for(around: Surroundings, rights: int) -> list[HeldCard]:
    """Two cards with rights among `rights`, kept where the agent finds them."""
    held = held_cards(2, territory=TERRITORY)
    around.keep_rights(held, rights)
    return held


async def tapped_once_a_minute(reader: Pn532, held: list[HeldCard]) -> None:
    """One card after the other; the first tap falls into the warm-up."""
    while True:
        for card in held:
            await asyncio.sleep(BETWEEN_TAPS_S / 3)
            reader.card_in(card.card)
            await asyncio.sleep(IN_FIELD_S)
            reader.card_out()
            await asyncio.sleep(BETWEEN_TAPS_S * 2 / 3 - IN_FIELD_S)


async def one_in_one_out_a_minute(chip: FakeChip, outer: int, inner: int) -> None:
    """Through a pair of beams."""
    while True:
        for first, second in ((outer, inner), (inner, outer)):
            await asyncio.sleep(BETWEEN_TAPS_S / 2)
            for line, level in ((first, 1), (second, 1), (first, 0), (second, 0)):
                chip.drive(line, level)
                await asyncio.sleep(_STEP_S)

"""A door whose agent dies again and again, while cards are held to it all the time.

Lock and reader are emulated and live here, so they outlive the agent as hardware does: what the
relay did is known from its wire, whatever the agent's own journal says.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.outage import engines
from benchmarks.outage.relay import Relay
from benchmarks.tap.cards import HeldCard, held_cards, keep, snapshot_of
from edge.copass.at_rest import at_rest_key, board_secret
from edge.copass.durable_files import RealFiles
from edge.drivers.gpio_fake import Change, FakeChip
from simulator.devices.contactless import Contactless, UidCard
from simulator.devices.pn532 import Pn532

RELAY_LINE = 27
PULSE_S = 1.0
RIGHTS = 200
IN_FIELD_S = 0.35
PAUSE_S = 0.3

_AGENT_TOML = """\
territory = "{territory}"
unit = "{unit}"

[broker]
url = "mqtt://127.0.0.1:{port}"

[outbox]
path = "{outbox}"

[link]
machine_serial = "{serial}"
rtc = "{rtc}"

[lines]
chip = "{chip}"
[lines.outputs.relay]
offset = {relay}

[reader]
port = "{reader}"

[door]
pulse_s = {pulse_s}

[copass]
directory = "{copass}"
"""


class Door:
    """One door: its cards, reader, lock, link, agent and files."""

    def __init__(self, directory: Path, number: int, broker_port: int, territory: str) -> None:
        self.unit = self.name = f"reader/d{number}"
        self.serial = f"door-machine-{number}"
        self.directory = directory / f"d{number}"
        self.outbox = self.directory / "outbox" / "outbox.sqlite"
        self.outbox.parent.mkdir(parents=True, exist_ok=True)
        self.copass = self.directory / "copass"
        self.relay = Relay(broker_port, None)
        # The path of a socket is short by law of the kernel, that of the data may be long.
        self._sockets = tempfile.TemporaryDirectory(prefix="door-")
        self.chip = FakeChip(Path(self._sockets.name) / "chip")
        self.chip.plug()
        self.reader = Pn532(link=self.directory / "reader")
        self.config = self.directory / "agent.toml"
        self.agent = engines.softplace(
            self.name,
            ["agent", "reader", "--config", str(self.config)],
            self.directory / "agent.log",
        )
        self._territory = territory
        self._rtc = self.directory / "rtc"
        self._cards: list[Contactless] = []
        self._talking = asyncio.Event()
        self._random = Random(number)  # noqa: S311 - which card is held next

    def configure(self) -> None:
        """Write the agent's configuration and its rights; the relay must listen by now."""
        held = held_cards(4, territory=self._territory)
        self._cards = [*(card.card for card in held), UidCard(b"\x04" + secrets.token_bytes(6))]
        self._keep_rights(held)
        self._rtc.write_text(str(int(time.time())), encoding="ascii")
        self.config.write_text(
            _AGENT_TOML.format(
                territory=self._territory,
                unit=self.unit,
                port=self.relay.port,
                outbox=self.outbox,
                serial=self.serial,
                rtc=self._rtc,
                chip=self.chip.name,
                relay=RELAY_LINE,
                reader=self.directory / "reader",
                pulse_s=PULSE_S,
                copass=self.copass,
            ),
            encoding="utf-8",
        )

    def pause(self) -> None:
        """No card more until `resume`."""
        self._talking.clear()

    def resume(self) -> None:
        """Cards again."""
        self._talking.set()

    async def run(self) -> None:
        """Hold one card after another to the reader, until cancelled; the board's clock goes on."""
        while True:
            self._rtc.write_text(str(int(time.time())), encoding="ascii")
            await asyncio.wait({asyncio.ensure_future(self._talking.wait())}, timeout=1.0)
            if not self._talking.is_set():
                continue
            self.reader.card_in(self._random.choice(self._cards))
            await asyncio.sleep(IN_FIELD_S)
            self.reader.card_out()
            await asyncio.sleep(PAUSE_S)

    def pulses(self) -> Sequence[Change]:
        """What the relay's wire did since this door was made."""
        return self.chip.history(RELAY_LINE)

    @property
    def listens(self) -> bool:
        """Whether the agent holds the reader's port open."""
        device = os.path.realpath(self.directory / "reader")
        try:
            files = Path(f"/proc/{self.agent.pid}/fd").iterdir()
            return any(str(file.readlink()) == device for file in files)
        except OSError:
            return False

    def close(self) -> None:
        """Unplug everything."""
        self.reader.close()
        self.chip.unplug()
        self._sockets.cleanup()

    def _keep_rights(self, held: list[HeldCard]) -> None:
        """As if they had come; nobody is to publish rights in this bench."""
        board = board_secret(configured=self.serial)
        key = at_rest_key(board, self.copass / "secret", RealFiles(), secrets.token_bytes)
        version = int(time.time())
        snapshot = snapshot_of(held, RIGHTS, version * 1_000, version=version)
        keep(snapshot, self.copass, key)

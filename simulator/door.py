"""One simulated co-pass door: reader head, cards, lock, and the real agent between them.

Agent, drivers, relay guard and cryptography are those of a real door. Rights come down from the
real dispatcher; only metal and people are made here. Reader and lock live in real time, as the
processes behind them do; the door's day is that of the run.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from contract.clock import SystemClock
from contract.territory_file import Space
from contract.topics import parse_unit
from edge.card_reader.building import build_door_agent
from edge.card_reader.config import DoorConfig, ScreenConfig
from edge.card_reader.core import DoorTimes
from edge.card_reader.relay_guard import RELAY
from edge.copass.decision import Policy
from edge.copass.taps import Point
from edge.drivers.card_head import CardHeadSection
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import InputLine, LinesSection, OutputLine
from simulator import __version__
from simulator.accounts import UnitAccount
from simulator.at_work import AtWork, keep_time
from simulator.devices.cards import CardOnDisk
from simulator.devices.pn532 import Pn532
from simulator.errors import SimulatorError
from simulator.space import Neighbourhood

CONTACT: Final = "contact"
OFFSETS: Final = {CONTACT: 17, RELAY: 27}
PULSE_MS = 5_000
LEAST_PULSE_REAL_S = 0.5
"""However fast the run: guard and wires need real time, and a door opened late is forced."""
HELD_MS = 30_000
FIRST_TAP_S = (90.0, 180.0)
BETWEEN_TAPS_S = (300.0, 1_200.0)
AROUND_MIN = 30
"""Keys turn so long before opening and after closing, too."""
HELD_IN_FIELD_S = 1.2
LOOK_S = 0.01
WALKS_THROUGH_S = 4.0

_real = SystemClock()


class DoorTold(Struct, frozen=True):
    """What `up` prepared for one door; paths are absolute."""

    unit: str
    space: str
    identity: str
    cards: tuple[str, ...]
    screen_port: int
    place: str
    help_number: str = ""


class InvalidDoors(SimulatorError, ValueError):
    """A file of doors that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"doors file {path}: {why}; start `softplace up` again, it writes it anew")


def load_doors(path: Path) -> tuple[DoorTold, ...]:
    """The doors of the file. Raises InvalidDoors."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[DoorTold, ...])
    except OSError as error:
        raise InvalidDoors(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDoors(path, str(error)) from error


@dataclass(frozen=True, slots=True)
class _Metal:
    chip: FakeChip
    reader: Pn532
    cards: tuple[CardOnDisk, ...]


class SimulatedDoor:
    """A door at which invented people tap until its task is cancelled."""

    def __init__(
        self, told: DoorTold, space: Space, account: UnitAccount | None, around: Neighbourhood
    ) -> None:
        self.unit = told.unit
        self._told = told
        self._space = space
        self._account = account
        self._around = around
        # S311: who comes when needs no secret.
        self._chance = Random(f"{around.seed} {told.unit} {around.clock.now_ms()}")  # noqa: S311

    async def live(self) -> None:
        """Open for whom it may, for ever. Raises OSError where a card's file is gone."""
        directory = self._around.data / self.unit.replace("/", "-")
        directory.mkdir(parents=True, exist_ok=True)
        clock = self._around.clock
        cards = tuple(CardOnDisk.read(Path(path)) for path in self._told.cards)
        with (
            # The path of a socket may be 107 bytes long, and nobody knows where the data lie.
            tempfile.TemporaryDirectory(prefix="softplace-") as short,
            FakeChip(Path(short) / "chip") as chip,
            Pn532() as reader,
        ):
            chip.drive(OFFSETS[CONTACT], 0)
            config = self._config(directory, chip.name, reader.port)
            agent = build_door_agent(config, clock, self._chance, __version__, _real)
            async with AtWork(self.unit, agent) as at_work, asyncio.TaskGroup() as group:
                group.create_task(keep_time(agent.link, clock), name=f"time {self.unit}")
                await at_work.unless_ended(self._people(_Metal(chip, reader, cards)))

    async def _people(self, metal: _Metal) -> None:
        pause_s = self._chance.uniform(*FIRST_TAP_S)
        while True:
            await self._around.clock.sleep(pause_s)
            if self._is_used():
                await self._tap(metal)
            pause_s = self._chance.uniform(*BETWEEN_TAPS_S)

    def _is_used(self) -> bool:
        zone = ZoneInfo(self._around.timezone)
        local = datetime.fromtimestamp(self._around.clock.now_ms() / 1_000, zone)
        minute, space = local.hour * 60 + local.minute, self._space
        return local.isoweekday() in space.weekdays and (
            space.opens_min - AROUND_MIN <= minute < space.closes_min + AROUND_MIN
        )

    async def _tap(self, metal: _Metal) -> None:
        """Hold a card to the reader; go through where the lock lets go."""
        metal.reader.card_in(self._chance.choice(metal.cards))
        until_s = _real.monotonic_s() + HELD_IN_FIELD_S
        while _real.monotonic_s() < until_s:
            await _real.sleep(LOOK_S)
            if metal.chip.level(OFFSETS[RELAY]):
                await self._go_through(metal.chip)
                break
        await _real.sleep(max(until_s - _real.monotonic_s(), 0.0))
        metal.reader.card_out()

    async def _go_through(self, chip: FakeChip) -> None:
        chip.drive(OFFSETS[CONTACT], 1)
        await self._around.clock.sleep(WALKS_THROUGH_S)
        chip.drive(OFFSETS[CONTACT], 0)

    def _config(self, directory: Path, chip: str, port: str) -> DoorConfig:
        around, told = self._around, self._told
        pulse_ms = max(PULSE_MS, round(LEAST_PULSE_REAL_S * 1_000 * around.speed))
        return DoorConfig(
            territory=around.territory,
            unit=parse_unit(told.unit),
            broker=around.broker_as(self._account),
            outbox_path=directory / "outbox.sqlite",
            machine_serial=f"simulated-{told.unit}",
            batch_s=max(1.0, around.speed / 2),
            identity_directory=Path(told.identity),
            lines=LinesSection(
                chip=chip,
                inputs={CONTACT: InputLine(offset=OFFSETS[CONTACT])},
                outputs={RELAY: OutputLine(offset=OFFSETS[RELAY])},
            ),
            reader=CardHeadSection(port=port),
            point=Point("door"),
            times=DoorTimes(pulse_ms=pulse_ms, held_ms=HELD_MS, renew_ms=pulse_ms * 3 // 5),
            policy=Policy(),
            copass_directory=directory / "copass",
            screen=ScreenConfig(told.screen_port, "fr", told.place, told.help_number),
        )

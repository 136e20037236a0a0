"""One simulated space: its wires, the people at its door, and the real agent that counts them.

The agent, its counting and its drivers are those of a real space; only the chip, which the light
barriers and the presence sensor are wired to, is made here.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Final, Literal

from contract.broker_url import BrokerAddress
from contract.clock import Clock
from contract.territory_file import Space
from contract.topics import parse_unit
from edge.drivers.beam_pair_fake import Walk
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import InputLine, LinesSection
from edge.space_agent.building import build_space_agent
from edge.space_agent.config import DoorSection, OccupancySection, PresenceSection, SpaceConfig
from simulator import __version__
from simulator.accounts import UnitAccount
from simulator.at_work import AtWork, keep_time
from simulator.devices.beam_pair import INNER, OUTER, Beam, Passages, Step, play, walked
from simulator.duty import service_date
from simulator.visits import Visit, inside_at, visits_of

PIR: Final = "pir"
OFFSETS: Final = {OUTER: 17, INNER: 27, PIR: 22}
CAPACITY = 24
SEATS = 16
EMPTY_AFTER_MIN = 1.0
"""A simulated sensor sees who sits still, too."""
EMPTY_AT_START_S = 75.0
"""A run begins with empty rooms and lets the agent be sure of it; then those come who are due."""
LOOK_S = 5.0
APART_S = 3.0
WALK_M_S = (0.7, 1.4)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What all spaces of a run share."""

    territory: str
    timezone: str
    broker: BrokerAddress
    data: Path
    clock: Clock
    speed: float
    seed: int

    def broker_as(self, account: UnitAccount | None) -> BrokerAddress:
        """The broker, with a unit's own account where it has one."""
        if account is None:
            return self.broker
        return replace(self.broker, username=account.username, password=account.password)


class SimulatedSpace:
    """A space that lives by its opening hours until its task is cancelled."""

    def __init__(self, space: Space, account: UnitAccount | None, around: Neighbourhood) -> None:
        self.unit = space.unit
        self._space = space
        self._account = account
        self._around = around
        # S311: gaits and jitter need no secret.
        self._chance = Random(f"{around.seed} {space.unit}")  # noqa: S311
        self._visits = lru_cache(maxsize=2)(self._visits_of)

    async def live(self) -> None:
        """Count for ever."""
        directory = self._around.data / self.unit.replace("/", "-")
        directory.mkdir(parents=True, exist_ok=True)
        clock = self._around.clock
        # The path of a socket may be 107 bytes long, and nobody knows where the data lie.
        with (
            tempfile.TemporaryDirectory(prefix="softplace-") as short,
            FakeChip(Path(short) / "chip", clock=clock) as chip,
        ):
            agent = build_space_agent(
                self._config(directory, chip.name), clock, self._chance, __version__
            )
            async with AtWork(self.unit, agent) as at_work, asyncio.TaskGroup() as group:
                group.create_task(keep_time(agent.link, clock), name=f"time {self.unit}")
                await at_work.unless_ended(self._people(chip))

    async def _people(self, chip: FakeChip) -> None:
        clock, inside = self._around.clock, 0
        await clock.sleep(EMPTY_AT_START_S)
        while True:
            due = self._due()
            while inside != due:
                is_entering = inside < due
                chip.drive(OFFSETS[PIR], 1)
                await self._walk(chip, "in" if is_entering else "out")
                inside += 1 if is_entering else -1
                chip.drive(OFFSETS[PIR], int(inside > 0))
                await clock.sleep(APART_S)
            await clock.sleep(LOOK_S)

    async def _walk(self, chip: FakeChip, direction: Literal["in", "out"]) -> None:
        def switch(beam: Beam, interrupted: bool) -> None:
            chip.drive(OFFSETS[beam], int(interrupted))

        await play(_steps(direction, self._chance.uniform(*WALK_M_S)), switch, self._around.clock)

    def _due(self) -> int:
        now_ms = self._around.clock.now_ms()
        return inside_at(self._visits(service_date(now_ms, self._around.timezone)), now_ms)

    def _visits_of(self, day: date) -> tuple[Visit, ...]:
        return visits_of(self._space, day, self._around.timezone, self._around.seed)

    def _config(self, directory: Path, chip: str) -> SpaceConfig:
        around = self._around
        return SpaceConfig(
            territory=around.territory,
            unit=parse_unit(self.unit),
            broker=around.broker_as(self._account),
            outbox_path=directory / "outbox.sqlite",
            machine_serial=f"simulated-{self.unit}",
            batch_s=max(1.0, around.speed / 2),
            occupancy=OccupancySection(
                capacity=CAPACITY,
                seats=SEATS,
                empty_after_min=EMPTY_AFTER_MIN,
                timezone=around.timezone,
            ),
            lines=LinesSection(
                chip=chip,
                inputs={name: InputLine(offset=offset) for name, offset in OFFSETS.items()},
            ),
            doors=(DoorSection(name="entrance", outer=OUTER, inner=INNER),),
            presence=(PresenceSection(name="hall", kind="pir", line=PIR),),
            copass_directory=directory / "copass",
        )


def _steps(direction: Literal["in", "out"], speed_m_s: float) -> tuple[Step, ...]:
    """The beams as one body shows them."""
    walk = Walk(0.1, direction, speed_m_s)
    return walked("visit", [walk], Passages(int(direction == "in"), int(direction == "out"))).steps

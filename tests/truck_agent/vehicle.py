"""A vehicle with everything wired: a chip of lines on a socket, a link that goes nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.topics import Unit
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import InputLine, LinesSection, OutputLine
from edge.drivers.position_source import Fix, SourceCounters
from edge.link.link_fake import FakeLink
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.fitting import Fitter
from edge.truck_agent.sections import (
    DoorSection,
    IgnitionSection,
    LoneWorkerSection,
    PassengersSection,
    SosSection,
)
from edge.truck_agent.service import TruckAgent

KEY, SOS, ALONE, OUTER, INNER, CONTACT, RAMP, BUZZER = range(8)
INPUTS = {
    "key": KEY,
    "sos": SOS,
    "alone": ALONE,
    "outer": OUTER,
    "inner": INNER,
    "contact": CONTACT,
    "ramp": RAMP,
}


class HandFed:
    """A receiver whose fixes are handed in."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Fix] = asyncio.Queue()

    async def fixes(self) -> AsyncIterator[Fix]:
        while True:
            yield await self.queue.get()

    def counters(self) -> SourceCounters:
        return SourceCounters()


def config_at(folder: Path, chip: FakeChip, **changed: object) -> TruckAgentConfig:
    fields = {
        "territory": "lozere",
        "unit": Unit("bus", "b1"),
        "broker": BrokerAddress("127.0.0.1", 1),
        "outbox_path": folder / "outbox.db",
        "interval_s": 0.0,
        "lines": LinesSection(
            chip=chip.name,
            inputs={name: InputLine(offset=offset) for name, offset in INPUTS.items()},
            outputs={"buzzer": OutputLine(offset=BUZZER)},
        ),
        "ignition": IgnitionSection(
            off_after_s=0.3, crank_s=0.3, hold_s=0.3, settle_s=0.5, switch_off=("switch-off",)
        ),
        "sos": SosSection(line="sos", hold_s=0.3),
        "lone_worker": LoneWorkerSection(
            line="alone", buzzer="buzzer", interval_s=0.6, cab_s=0.6, supervisor_s=0.6
        ),
        "doors": (DoorSection(name="front", outer="outer", inner="inner", contact="contact"),),
        "passengers": PassengersSection(seats=2, ramp="ramp", depots=((44.9, 3.9),)),
    } | changed
    return TruckAgentConfig(**fields)


class Vehicle:
    """A running agent, its hands and its ears."""

    def __init__(
        self, folder: Path, chip: FakeChip, runner_code: int = 0, **changed: object
    ) -> None:
        self.chip = chip
        self.link = FakeLink()
        self.receiver = HandFed()
        self.ran: list[tuple[str, ...]] = []
        self._code = runner_code
        clock = SystemClock()
        config = config_at(folder, chip, **changed)
        chance = Random(3)  # noqa: S311 - nothing secret hangs on it
        fitter = Fitter(config, self.link, clock, chance, self._run_command)
        inputs = GpioInputs(chip.name, config.lines.inputs, clock, chance)
        self.aboard = fitter.fit(inputs, GpioOutputs(chip.name, config.lines.outputs))
        self.agent = TruckAgent(config, self.receiver, self.link, clock, aboard=self.aboard)

    async def _run_command(self, command: Sequence[str]) -> int:
        self.ran.append(tuple(command))
        return self._code

    def alarms(self, kind: str) -> list[dict[str, object]]:
        return [r.body for r in self.link.of("alarm") if r.body["alarm"] == kind]


@asynccontextmanager
async def driving(folder: Path, chip: FakeChip, **changed: object) -> AsyncIterator[Vehicle]:
    """A vehicle at work; killed at the end, as by a power cut."""
    vehicle = Vehicle(folder, chip, **changed)
    task = asyncio.create_task(vehicle.agent.run())
    try:
        yield vehicle
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

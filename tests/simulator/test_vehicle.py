"""A vehicle's shift: key on, NMEA that leads along its trip, a valley without network, key off."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from datetime import date
from pathlib import Path
from typing import Any, Self

import pynmea2
import pytest

from contract.broker_url import BrokerAddress
from contract.clock import ManualClock
from contract.territory_file import load_territory
from edge.truck_agent.config import TruckAgentConfig
from simulator import vehicle as vehicle_module
from simulator.accounts import UnitAccount
from simulator.duty import midnight_ms
from simulator.geometry import distance_m
from simulator.motion import Duties
from simulator.radio import Shadow, load_shadows, radio_file_of
from simulator.territories import build
from simulator.vehicle import SimulatedVehicle, Surroundings

FILE = Path(build.__file__).with_name("lozere.json")
TERRITORY = load_territory(FILE)
THURSDAY_MS = midnight_ms(date(2026, 11, 12), TERRITORY.timezone)
HOUR_MS = 3_600_000


class ListeningAboard:
    """In place of the computer aboard: keeps what the receiver says."""

    shifts: list["ListeningAboard"] = []  # noqa: RUF012  # emptied by the fixture

    def __init__(self, config: TruckAgentConfig, clock: object, chance: object) -> None:  # noqa: ARG002
        self.config = config
        self.said = b""
        self.key_off = False
        self._tty = os.open(config.position.port, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self.shifts.append(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hear()
        os.close(self._tty)

    async def unless_ended(self, awaited: Coroutine[Any, Any, None]) -> None:
        self._hear()
        await awaited

    async def turn_key_off(self) -> None:
        self.key_off = True

    def _hear(self) -> None:
        try:
            self.said += os.read(self._tty, 65_536)
        except BlockingIOError:
            return

    def fixes(self) -> list[tuple[float, float]]:
        sentences = [
            pynmea2.parse(line)  # type: ignore[no-untyped-call]
            for line in self.said.decode().splitlines()
        ]
        return [(s.latitude, s.longitude) for s in sentences if s.sentence_type == "RMC"]


@pytest.fixture
async def run_vehicle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Any]:
    monkeypatch.setattr(vehicle_module, "Aboard", ListeningAboard)
    ListeningAboard.shifts = []
    tasks: list[asyncio.Task[None]] = []

    def run(unit: str, from_ms: int, shadows: tuple[Shadow, ...]) -> tuple[ManualClock, Any]:
        clock = ManualClock(now_ms=from_ms)
        around = Surroundings(
            TERRITORY.territory,
            Duties(TERRITORY, seed=3),
            shadows,
            BrokerAddress("127.0.0.1", 1),
            tmp_path,
            clock,
            seed=3,
        )
        bus = SimulatedVehicle(unit, UnitAccount(unit.replace("/", "-"), "secret"), around)
        tasks.append(asyncio.create_task(bus.live()))
        return clock, bus

    yield run
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listening(bus: SimulatedVehicle) -> None:
    """Return when its modem listens: that is real I/O, which the manual clock does not wait for."""
    async with asyncio.timeout(5):
        while not bus._relay.port:
            await asyncio.get_running_loop().run_in_executor(None, os.getpid)


async def test_the_computer_boots_with_the_key_and_hears_the_way_to_work(run_vehicle: Any) -> None:
    clock, bus = run_vehicle("bus/b1", THURSDAY_MS + 6 * HOUR_MS + 50 * 60_000, ())
    await listening(bus)
    await clock.advance(60)
    assert ListeningAboard.shifts == []
    await clock.advance(40 * 60)
    (shift,) = ListeningAboard.shifts
    fixes = shift.fixes()
    assert 1_900 < len(fixes) < 2_500
    stops = {s.stop_id: (s.latitude, s.longitude) for s in TERRITORY.stops}
    assert distance_m(fixes[0], stops["mende"]) < 10
    assert distance_m(fixes[-1], stops["mende"]) > 5_000
    assert shift.config.broker.username == "bus-b1"
    assert shift.config.broker.port == bus._relay.port


async def test_the_network_goes_in_the_valley_and_comes_back(run_vehicle: Any) -> None:
    shadows = load_shadows(radio_file_of(FILE))
    clock, bus = run_vehicle("bus/b3", THURSDAY_MS + 8 * HOUR_MS, shadows)
    await listening(bus)
    seen = []
    for _ in range(45):
        await clock.advance(60)
        seen.append(bus._relay.network)
    without = [minute for minute, network in enumerate(seen) if not network]
    assert 6 <= len(without) <= 25
    assert without == list(range(without[0], without[-1] + 1))
    assert seen[-1]


async def test_the_key_is_turned_off_after_work_and_on_again_the_next_day(
    run_vehicle: Any,
) -> None:
    clock, bus = run_vehicle("truck/emploi", THURSDAY_MS + 14 * HOUR_MS + 15 * 60_000, ())
    await listening(bus)
    await clock.advance(30 * 60)
    (shift,) = ListeningAboard.shifts
    assert shift.key_off
    assert len(shift.fixes()) > 60
    await clock.advance(18 * 3_600)
    assert len(ListeningAboard.shifts) == 2

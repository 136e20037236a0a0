"""A living territory: every vehicle and space of a territory file, at once, in one process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract.broker_url import BrokerAddress
from contract.clock import Clock
from contract.territory_file import Territory
from simulator.accounts import UnitAccount
from simulator.door import DoorTold, SimulatedDoor
from simulator.motion import Duties
from simulator.radio import Shadow
from simulator.space import Neighbourhood, SimulatedSpace
from simulator.vehicle import SimulatedVehicle, Surroundings

_log = logging.getLogger("softplace.simulator")


class LivingTerritory:
    """Runs until cancelled."""

    def __init__(
        self,
        territory: Territory,
        shadows: Sequence[Shadow],
        broker: BrokerAddress,
        accounts: Mapping[str, UnitAccount],
        data: Path,
        clock: Clock,
        seed: int,
        doors: Sequence[DoorTold] = (),
    ) -> None:
        around = Surroundings(
            territory=territory.territory,
            duties=Duties(territory, seed),
            shadows=shadows,
            broker=broker,
            data=data,
            clock=clock,
            seed=seed,
        )
        self._vehicles = [
            SimulatedVehicle(vehicle.unit, accounts.get(vehicle.unit), around)
            for vehicle in territory.vehicles
        ]
        near = Neighbourhood(
            territory=territory.territory,
            timezone=territory.timezone,
            broker=broker,
            data=data,
            clock=clock,
            speed=around.speed,
            seed=seed,
        )
        self._spaces = [
            SimulatedSpace(space, accounts.get(space.unit), near) for space in territory.spaces
        ]
        spaces = {space.unit: space for space in territory.spaces}
        self._doors = [
            SimulatedDoor(told, spaces[told.space], accounts.get(told.unit), near) for told in doors
        ]

    async def run(self) -> None:
        """Let everything live."""
        _log.info(
            "living vehicles=%d spaces=%d doors=%d",
            len(self._vehicles),
            len(self._spaces),
            len(self._doors),
        )
        async with asyncio.TaskGroup() as group:
            for vehicle in self._vehicles:
                group.create_task(vehicle.live(), name=vehicle.unit)
            for door in self._doors:
                group.create_task(door.live(), name=door.unit)
            for space in self._spaces:
                group.create_task(space.live(), name=space.unit)

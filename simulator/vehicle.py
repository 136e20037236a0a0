"""One simulated vehicle: its receiver, its modem, and the real agent between them.

The agent, the link and the NMEA driver are those of a real vehicle; only what they touch is made
here: a pseudo-terminal in place of the GPS receiver, a relay in place of the modem.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from contract.broker_url import BrokerAddress
from contract.clock import Clock, SimulatedClock
from contract.topics import parse_unit
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.position_source import Fix
from edge.truck_agent.config import PositionConfig, TruckAgentConfig
from simulator.aboard import Aboard
from simulator.accounts import UnitAccount
from simulator.motion import Duties, Motion, Receiver
from simulator.radio import Shadow, covered
from simulator.relay import Relay

ASLEEP_LOOK_S = 10.0
SATELLITES = 9
ACCURACY_M = 3.0
MOST_FIXES_PER_REAL_S = 10.0
"""A receiver says a fix a second; faster than this in real time the load would be the fake's."""

_log = logging.getLogger("softplace.simulator")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all vehicles of a run share."""

    territory: str
    duties: Duties
    shadows: Sequence[Shadow]
    broker: BrokerAddress
    data: Path
    clock: Clock
    seed: int

    @property
    def speed(self) -> float:
        """Simulated seconds in a real one."""
        return self.clock.rate if isinstance(self.clock, SimulatedClock) else 1.0

    @property
    def fix_interval_ms(self) -> int:
        """A second, or more where time runs so fast that nobody could follow."""
        return round(1_000 * max(1.0, self.speed / MOST_FIXES_PER_REAL_S))


class SimulatedVehicle:
    """A vehicle that lives by its timetable until its task is cancelled."""

    def __init__(self, unit: str, account: UnitAccount | None, around: Surroundings) -> None:
        self.unit = unit
        self._account = account
        self._around = around
        self._receiver = Receiver(around.seed, unit)
        self._relay = Relay(around.broker.host, around.broker.port)

    async def live(self) -> None:
        """Sleep at night, work by day."""
        await self._relay.start()
        try:
            while True:
                if self._motion() is None:
                    await self._around.clock.sleep(ASLEEP_LOOK_S)
                else:
                    await self._shift()
        finally:
            await self._relay.stop()

    async def _shift(self) -> None:
        """From the key's turn to its turning back: the machine boots, works and goes to sleep."""
        around = self._around
        directory = around.data / self.unit.replace("/", "-")
        directory.mkdir(parents=True, exist_ok=True)
        _log.info("key=on unit=%s", self.unit)
        with FakeReceiver(clock=around.clock) as receiver:
            config = self._config(directory, receiver.port)
            # S311: an agent's jitter needs no secret.
            chance = Random(f"{around.seed} {self.unit} {around.clock.now_ms()}")  # noqa: S311
            async with Aboard(config, around.clock, chance) as aboard:
                await self._drive(receiver, aboard)
                await aboard.turn_key_off()
        _log.info("key=off unit=%s", self.unit)

    async def _drive(self, receiver: FakeReceiver, aboard: Aboard) -> None:
        clock, interval_ms = self._around.clock, self._around.fix_interval_ms
        while True:
            now_ms = clock.now_ms()
            due_ms = now_ms - now_ms % interval_ms + interval_ms
            await aboard.unless_ended(clock.sleep((due_ms - now_ms) / 1_000))
            motion = self._motion()
            if motion is None:
                return
            self._listen(motion)
            await receiver.emit(self._fix(motion, due_ms))

    def _listen(self, motion: Motion) -> None:
        """The modem finds or loses its network."""
        network = covered(motion.point, self._around.shadows)
        if network and not self._relay.network:
            self._relay.restore()
        elif self._relay.network and not network:
            self._relay.cut()

    def _motion(self) -> Motion | None:
        return self._around.duties.motion(self.unit, self._around.clock.now_ms())

    def _fix(self, motion: Motion, at_ms: int) -> Fix:
        measured = self._receiver.measured(motion, at_ms)
        return Fix(
            observed_ms=at_ms,
            latitude=measured.point[0],
            longitude=measured.point[1],
            speed_m_s=measured.speed_m_s,
            course_deg=measured.course_deg,
            accuracy_m=ACCURACY_M,
            satellites=SATELLITES,
        )

    def _config(self, directory: Path, port: str) -> TruckAgentConfig:
        around, account = self._around, self._account
        return TruckAgentConfig(
            territory=around.territory,
            unit=parse_unit(self.unit),
            broker=BrokerAddress(
                host="127.0.0.1",
                port=self._relay.port,
                username=account.username if account else around.broker.username,
                password=account.password if account else around.broker.password,
            ),
            outbox_path=directory / "outbox.sqlite",
            position=PositionConfig(source="nmea", port=port),
            machine_serial=f"simulated-{self.unit}",
            # Ten outboxes on one disk: each syncs twice a real second at most.
            batch_s=max(1.0, around.speed / 2),
        )

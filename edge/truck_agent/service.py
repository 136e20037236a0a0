"""The agent at work: receiver to link. All its I/O is its parts'; this file joins them."""

from __future__ import annotations

import logging
import random
from contextlib import aclosing
from typing import TYPE_CHECKING

from contract.clock import Clock
from contract.errors import MalformedMessage
from edge.agent.service import Agent, Work
from edge.drivers.odometer import Odometer
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import Fix, PositionSource
from edge.link.reading import Reading
from edge.link.service import Link
from edge.link.systemd import Watchdog
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.core import Motion, TruckCore
from edge.truck_agent.hardware import commands_for, fit_out, position_source
from edge.truck_agent.odometer_file import OdometerFile

if TYPE_CHECKING:
    from edge.agent.commands import Commands
    from edge.truck_agent.aboard import Aboard

ANCHOR_EVERY_MS = 60_000
"""The link keeps the first anchor of a boot; the rest only confirm it."""

_log = logging.getLogger(__name__)


class TruckAgent:
    """One vehicle's agent. `taken` counts the fixes it has dealt with."""

    def __init__(
        self,
        config: TruckAgentConfig,
        source: PositionSource,
        link: Link,
        clock: Clock,
        watchdog: Watchdog | None = None,
        aboard: Aboard | None = None,
        commands: Commands | None = None,
    ) -> None:
        self.taken = 0
        self.published = 0
        self.source = source
        self.link = link
        self.aboard = aboard
        self._config = config
        self._clock = clock
        self._core = self._new_core()
        self._odometer_file = OdometerFile(config.outbox_path.with_suffix(".odometer"))
        self._odometer = Odometer(self._odometer_file.restore())
        self._anchored_boot_ms: int | None = None
        self._is_refusing = False
        works = [Work("positions", self._positions)]
        if aboard is not None:
            aboard.on_wake(self._begin_anew)
            works += aboard.works
        if commands is not None:
            works.append(Work("commands", commands.run))
        self._life = Agent(link, clock, works, watchdog, at_end=self._end)

    def stop(self) -> None:
        """Say goodbye and let `run` return; a vehicle that sleeps goes on sleeping."""
        self._life.stop("asleep" if self.aboard is not None and self.aboard.asleep else "offline")

    async def run(self) -> None:
        """Until stopped or cancelled; devices and network may come and go."""
        self.link.on_health(self._health)
        if self.aboard is not None:
            self.link.on_health(self.aboard.health)
            self.aboard.begin()
        await self._life.run()

    async def _positions(self) -> None:
        async with aclosing(self.source.fixes()) as fixes:  # type: ignore[type-var]  # a generator
            async for fix in fixes:
                self._take(fix)

    def _take(self, fix: Fix) -> None:
        metres = self._odometer.add(fix)
        self._anchor(fix)
        if self.aboard is not None:
            self.aboard.take(fix)
        before = self._core.motion
        may_say = self.aboard is None or self.aboard.may_say_position
        if self._core.take(fix) and may_say:
            self._publish(fix, metres)
        parks = self._core.motion is Motion.PARKED and before is Motion.MOVING
        self._keep_odometer(at_once=parks)
        self.taken += 1

    def _new_core(self) -> TruckCore:
        return TruckCore(self._config.interval_s, self._config.parked_interval_s)

    def _begin_anew(self) -> None:
        """On duty again: the next position is news, wherever the last one was."""
        self._core = self._new_core()

    def _publish(self, fix: Fix, metres: float) -> None:
        reading = Reading(
            stream="position",
            body=position_body(fix, metres),
            boot_ms=fix.boot_ms,
            observed_ms=fix.observed_ms,
            clock="gnss",
        )
        try:
            self.link.put(reading)
        except MalformedMessage as error:
            if not self._is_refusing:
                _log.warning("position=unsendable unit=%s why=%s", self._config.unit, error.why)
            self._is_refusing = True
            return
        self._is_refusing = False
        self.published += 1

    def _anchor(self, fix: Fix) -> None:
        if not fix.dates_the_clock:
            return
        last = self._anchored_boot_ms
        if last is None or fix.boot_ms - last >= ANCHOR_EVERY_MS:
            self._anchored_boot_ms = fix.boot_ms
            self.link.anchor("gnss", fix.observed_ms, fix.boot_ms)

    def _keep_odometer(self, *, at_once: bool) -> None:
        now_ms = int(self._clock.monotonic_s() * 1_000)
        self._odometer_file.keep(self._odometer.metres, now_ms, at_once=at_once)

    def _end(self) -> None:
        self._keep_odometer(at_once=True)
        if self.aboard is not None:
            self.aboard.end()

    def _health(self) -> dict[str, object]:
        """What the agent adds to the health that the link sends."""
        return {"rejected_sentences": sum(self.source.counters().rejected.values())}


def position_body(fix: Fix, metres: float) -> dict[str, object]:
    """The fields of a `position` message; what is not known is left out.

    Seven decimals of a degree are a centimetre, two of a speed a walker's step an hour.
    """
    body: dict[str, object] = {
        "latitude": round(fix.latitude, 7),
        "longitude": round(fix.longitude, 7),
        "fix_quality": fix.fix_quality,
        "odometer_m": round(metres, 1),
    }
    optional = {
        "speed_m_s": fix.speed_m_s and round(fix.speed_m_s, 2),
        "course_deg": fix.course_deg and round(fix.course_deg, 1),
        "accuracy_m": fix.accuracy_m and round(fix.accuracy_m, 1),
        "satellites": fix.satellites,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def build_truck_agent(
    config: TruckAgentConfig,
    clock: Clock,
    chance: random.Random,
    version: str = "0",
    dates: DateWindow = LIVE_DATES,
) -> TruckAgent:
    """The agent with its real parts. Raises what opening the outbox raises."""
    source = position_source(config.position, clock, chance, dates)
    watchdog = Watchdog(clock)
    settings, unit = config.link_settings(), config.unit
    link = Link(settings, config.territory, unit, clock, chance, version, watchdog=watchdog)
    commands = commands_for(config, link, clock)
    aboard = fit_out(config, link, clock, chance, commands, watchdog)
    return TruckAgent(config, source, link, clock, watchdog, aboard, commands)

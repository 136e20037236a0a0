"""The agent of a space at work: wires, sensors, wifi and cards in; messages and strikes out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from contract.clock import Clock
from edge.agent.service import Work
from edge.agent.wifi_report import WifiReport
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioOutputs
from edge.drivers.lines import InputLines
from edge.drivers.presence_source import PresenceSource
from edge.drivers.waiting import Trouble
from edge.drivers.wifi_usage import UsageSource
from edge.space_agent.alarms import Putting, SpaceAlarms
from edge.space_agent.locker_bank import LockerBank
from edge.space_agent.room import Room

LOOK_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpaceParts:
    """What a space has; None or empty where it has none."""

    room: Room
    lockers: LockerBank
    alarms: SpaceAlarms
    inputs: InputLines | None = None
    outputs: GpioOutputs | None = None
    presences: Sequence[PresenceSource] = ()
    wifi: UsageSource | None = None


class SpaceService:
    """Joins the parts; each task of `works` runs until it is cancelled."""

    def __init__(self, parts: SpaceParts, link: Putting, clock: Clock) -> None:
        self._parts = parts
        self._link = link
        self._clock = clock
        self._trouble = Trouble(_log, "strikes and signals", "outputs")

    def works(self) -> list[Work]:
        """What is to run beside the link."""
        parts = self._parts
        works = [Work("look", self._look)]
        if parts.inputs is not None:
            works.append(Work("wires", self._wires))
        works += [Work(source.name, _Sensing(source, parts.room).run) for source in parts.presences]
        if parts.wifi is not None:
            works.append(Work("wifi", WifiReport(parts.wifi, self._link, self._clock).run))
        return works

    def end(self) -> None:
        """The agent stops: what is known is written down, every strike is let go."""
        self._parts.room.count.keep(at_once=True)
        if self._parts.outputs is not None:
            self._parts.outputs.close()

    async def _look(self) -> None:
        while True:
            self._hold_outputs()
            self._parts.room.tick()
            self._parts.lockers.tick()
            await self._clock.sleep(LOOK_S)

    def _hold_outputs(self) -> None:
        """Taken, they rest: a strike that a killed program left energised is let go."""
        if self._parts.outputs is None:
            return
        try:
            self._parts.outputs.open()
        except LineFault as fault:
            self._trouble.say(fault.why, f"{fault}; no locker opens")
        else:
            self._trouble.healed()

    async def _wires(self) -> None:
        assert self._parts.inputs is not None  # noqa: S101 - `works` says so
        async with aclosing(self._parts.inputs.edges()) as edges:  # type: ignore[type-var]  # a generator
            async for edge in edges:
                self._parts.room.edge(edge)
                self._parts.lockers.edge(edge)


class _Sensing:
    """One presence sensor and the room that it looks at."""

    def __init__(self, source: PresenceSource, room: Room) -> None:
        self._source = source
        self._room = room

    async def run(self) -> None:
        async with aclosing(self._source.presences()) as presences:  # type: ignore[type-var]  # a generator
            async for persons in presences:
                self._room.presence(self._source.name, persons)

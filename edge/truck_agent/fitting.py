"""Fits out a vehicle as its file says: the only place that chooses the parts aboard.

Nothing heavy is imported for what is not configured: a Pi has little memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from contract.clock import Clock
from contract.downlink import PlannedStop
from edge.agent.service import Work
from edge.drivers.lines import InputLines, OutputLines
from edge.link.identity import boot_id, machine_of
from edge.link.systemd import Watchdog
from edge.truck_agent.aboard import Aboard, Parts
from edge.truck_agent.buzzer import Buzzer
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.dead_zones import ZoneRules
from edge.truck_agent.ignition import Ignition, IgnitionRules
from edge.truck_agent.itinerary import Itinerary, Opener, PlanLink
from edge.truck_agent.key_watch import KeyLink, KeyWatch, Runner, run_command
from edge.truck_agent.lone_worker import LadderRules, LoneWorker
from edge.truck_agent.lone_worker_desk import LoneWorkerDesk
from edge.truck_agent.memory import Memory
from edge.truck_agent.panel import Panel
from edge.truck_agent.sections import PassengersSection
from edge.truck_agent.situation import Situation
from edge.truck_agent.sos import Sos
from edge.truck_agent.sos_desk import AlarmLink, SosDesk
from edge.truck_agent.zone_keeper import Contact, ZoneKeeper

if TYPE_CHECKING:
    from edge.truck_agent.counter import PassengerCounter
    from edge.truck_agent.door import Door
    from edge.truck_agent.load import Load

RENEW_S = 300.0
"""Driving renews the announcement of a lone worker at most so often."""


class VehicleLink(AlarmLink, KeyLink, PlanLink, Contact, Protocol):
    """What all the parts ask of the link."""

    def trusted_now_ms(self) -> int | None: ...


class Fitter:
    """Makes the parts of one vehicle.

    Args:
        config: what is there.
        link: where everything goes.
        clock: of the run.
        chance: draws references.
        runner: runs the command that switches the computer off.
        watchdog: told that the parts live; None where nobody listens.
    """

    def __init__(
        self,
        config: TruckAgentConfig,
        link: VehicleLink,
        clock: Clock,
        chance: random.Random,
        runner: Runner = run_command,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._config = config
        self._link = link
        self._clock = clock
        self._chance = chance
        self._runner = runner
        self._watchdog = watchdog
        self._situation = Situation(clock)
        self._machine = machine_of(boot_id(clock, None))
        self._memory = Memory(config.outbox_path.with_suffix(".aboard"), self._machine)

    def fit(
        self,
        inputs: InputLines | None,
        outputs: OutputLines | None,
        opener: Opener | None = None,
    ) -> Aboard:
        """All parts that the file names."""
        panel = None if inputs is None else Panel(inputs)
        parts = Parts(outputs=outputs)
        if opener is not None:
            path = self._config.outbox_path.with_suffix(".plan")
            parts.itinerary = Itinerary(path, opener, self._link, self._clock.boot_ms)
        parts.key = self._key(panel)
        parts.sos = self._sos(panel)
        parts.lone_worker = self._lone_worker(panel, outputs)
        parts.counter = self._counter(panel, parts.itinerary)
        works = [] if panel is None else [Work("panel", panel.run)]
        return Aboard(self._clock, self._situation, parts, works, self._watchdog)

    def _key(self, panel: Panel | None) -> KeyWatch | None:
        told = self._config.ignition
        if told is None or panel is None:
            return None
        rules = IgnitionRules(
            told.off_after_s, told.crank_s, told.hold_s, told.settle_s, told.needed_s
        )
        ignition = Ignition(rules, was_asleep=self._memory.kept.asleep)
        key = KeyWatch(
            ignition,
            self._link,
            self._situation,
            self._memory,
            told.switch_off,
            self._runner,
        )
        panel.on(told.line, key.edge)
        return key

    def _sos(self, panel: Panel | None) -> SosDesk | None:
        told = self._config.sos
        if told is None:
            return None
        sos = Sos(lambda: self._draw("sos"), self._memory.kept.sos, told.hold_s, told.repeat_s)
        desk = SosDesk(sos, self._link, self._situation, self._memory)
        if told.line is not None and panel is not None:
            panel.on(told.line, desk.edge)
        return desk

    def _lone_worker(
        self, panel: Panel | None, outputs: OutputLines | None
    ) -> LoneWorkerDesk | None:
        told = self._config.lone_worker
        if told is None:
            return None
        rules = LadderRules(
            told.interval_s,
            told.cab_s,
            told.supervisor_s,
            told.second_s,
            told.taken_s,
            told.margin_s,
            min(RENEW_S, told.interval_s / 6),
        )
        zone_rules = ZoneRules(margin_s=told.zone_margin_s, most_grace_s=told.zone_most_s)
        path = self._config.outbox_path.with_suffix(".zones")
        sounds = told.buzzer is not None and outputs is not None
        desk = LoneWorkerDesk(
            LoneWorker(rules),
            self._link,
            self._situation,
            self._memory,
            ZoneKeeper(path, zone_rules, self._link),
            lambda: self._draw("lw"),
            Buzzer(outputs, told.buzzer) if sounds and outputs and told.buzzer else None,
        )
        if told.line is not None and panel is not None:
            panel.on(told.line, desk.edge)
        return desk

    def _counter(self, panel: Panel | None, itinerary: Itinerary | None) -> PassengerCounter | None:
        told, doors = self._config.passengers, self._doors()
        if told is None and not doors:
            return None
        told = told or PassengersSection()
        from edge.truck_agent.counter import PassengerCounter  # noqa: PLC0415 - memory of the Pi

        counter = PassengerCounter(
            self._load(told),
            doors,
            self._link,
            self._situation,
            self._memory,
            stops_of(itinerary),
            told.stop_radius_m,
            told.depots,
            told.depot_radius_m,
            (lambda _line: True) if panel is None else panel.hears,
        )
        if panel is not None:
            for line in {line for door in self._config.doors for line in door.lines}:
                panel.on(line, counter.edge)
            if told.ramp is not None:
                panel.on(told.ramp, counter.ramp)
        return counter

    def _load(self, told: PassengersSection) -> Load:
        from edge.truck_agent.load import Capacity, Load, open_headcount  # noqa: PLC0415 - as above

        capacity = Capacity(told.seats, told.wheelchair_places)
        path = self._config.outbox_path.with_suffix(".count")
        headcount = open_headcount(capacity, told.miscount, path, self._machine, self._clock)
        return Load(headcount, capacity, self._memory.kept.wheelchairs)

    def _doors(self) -> list[Door]:
        if not self._config.doors:
            return []
        from edge.drivers.beam_pair import BeamPair  # noqa: PLC0415 - memory of the Pi
        from edge.truck_agent.door import Door  # noqa: PLC0415 - as above

        return [
            Door(
                told.name,
                BeamPair(told.outer, told.inner) if told.outer and told.inner else None,
                told.contact,
            )
            for told in self._config.doors
        ]

    def _draw(self, kind: str) -> str:
        return f"{kind}-{self._chance.getrandbits(48):012x}"


def stops_of(itinerary: Itinerary | None) -> Callable[[], Sequence[PlannedStop]]:
    """The stops of the plan as it stands, asked anew each time."""
    if itinerary is None:
        return tuple
    return lambda: itinerary.stops

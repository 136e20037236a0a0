"""The space with its real parts: the only file that chooses them."""

from __future__ import annotations

import random
import secrets
from typing import TYPE_CHECKING

from contract.clock import Clock
from edge.agent.kept_file import KeptFile
from edge.agent.remote import open_commands
from edge.agent.service import Agent, Work
from edge.copass.forgetting import forget_copass
from edge.counting.headcount import Headcount
from edge.counting.state_file import StateFile
from edge.drivers.card_head import card_reader
from edge.drivers.gpio import GpioOutputs
from edge.drivers.relay import Relay
from edge.drivers.signals import LINES, Signals
from edge.drivers.wifi_config import wifi_usage
from edge.link.identity import machine_of
from edge.link.service import Link
from edge.link.systemd import Watchdog
from edge.space_agent import hardware
from edge.space_agent.alarms import SpaceAlarms
from edge.space_agent.commands import listen
from edge.space_agent.config import SpaceConfig
from edge.space_agent.core import OccupancyPace
from edge.space_agent.locker_bank import Lendings, LockerBank
from edge.space_agent.people import People
from edge.space_agent.room import Room
from edge.space_agent.service import SpaceParts, SpaceService

if TYPE_CHECKING:
    from edge.copass.station import Station

PEOPLE_SUFFIX, LENDINGS_SUFFIX = ".people", ".lockers"
PeopleFile = KeptFile[tuple[str, ...]]


def build_space_agent(
    config: SpaceConfig, clock: Clock, chance: random.Random, version: str = "0"
) -> Agent:
    """The agent of a space.

    Raises what opening the outbox, the identity or the files at rest raises.
    """
    watchdog = Watchdog(clock)
    settings, unit = config.link_settings(), config.unit
    link = Link(settings, config.territory, unit, clock, chance, version, watchdog=watchdog)
    builder = _Builder(config, link, clock, chance)
    station = builder.station()
    parts = builder.parts()
    service = SpaceService(parts, link, clock)
    works = service.works()
    if station is not None:
        works += builder.copass_works(station, parts)
    commands = open_commands(config, link, clock, forget=lambda: forget_files(config))
    if commands is not None:
        listen(commands, parts.room, station)
        works.append(Work("commands", commands.run))
    return Agent(link, clock, works, watchdog, service.end)


def forget_files(config: SpaceConfig) -> None:
    """What a retired space must not leave: who is inside, who has a locker, keys of cards."""
    for suffix in (PEOPLE_SUFFIX, LENDINGS_SUFFIX):
        config.outbox_path.with_suffix(suffix).unlink(missing_ok=True)
    forget_copass(config.copass_directory)


class _Builder:
    def __init__(
        self, config: SpaceConfig, link: Link, clock: Clock, chance: random.Random
    ) -> None:
        self._config = config
        self._link = link
        self._clock = clock
        self._chance = chance
        self._outputs = hardware.outputs(config)
        self._inputs = hardware.inputs(config, clock, chance)
        self._people_file = PeopleFile(
            config.outbox_path.with_suffix(PEOPLE_SUFFIX), tuple[str, ...]
        )
        self._people = People(self._people_file.read() or ())

    def station(self) -> Station | None:
        """The co-pass; a space without readers does not even load it."""
        if not self._config.readers:
            return None
        from edge.agent.copass import build_station  # noqa: PLC0415 - memory of the Pi
        from edge.copass.decision import Policy  # noqa: PLC0415 - as above

        config, policy = self._config, Policy(clockless_limit_ms=self._config.clockless_ms)
        return build_station(config, config.copass_directory, self._link, self._clock, policy)

    def parts(self) -> SpaceParts:
        config, clock = self._config, self._clock
        file = KeptFile(config.outbox_path.with_suffix(LENDINGS_SUFFIX), Lendings)
        standing = (file.read() or Lendings()).standing()
        alarms = SpaceAlarms(self._link, clock, standing)
        wifi = None
        if config.wifi is not None:
            wifi = wifi_usage(config.wifi, clock, secrets.token_bytes)
        boot = machine_of(self._link.outbox.boot)
        count_file = StateFile(config.outbox_path.with_suffix(".count"), boot)
        room = Room(
            config.doors,
            Headcount(config.place(), count_file, clock),
            self._people,
            OccupancyPace(config.occupancy.interval_s),
            alarms,
            self._link,
            clock,
            config.occupancy.seats,
            self._link.trusted_now_ms,
            (lambda: None) if wifi is None else (lambda: wifi.present),
            self._wires_known,
            self._keep_people,
        )
        self._link.on_health(room.health)
        utc_ms = self._link.trusted_now_ms
        bank = LockerBank(config.lockers, self._relays(), file, alarms, clock, utc_ms)
        return SpaceParts(
            room,
            bank,
            alarms,
            self._inputs,
            self._outputs,
            [hardware.presence_source(s, config, clock, self._chance) for s in config.presence],
            wifi,
        )

    def copass_works(self, station: Station, parts: SpaceParts) -> list[Work]:
        """The tasks of the co-pass and of each reader."""
        from edge.space_agent.reader_watch import ReaderWatch  # noqa: PLC0415 - memory of the Pi
        from edge.space_agent.tap_desk import TapDesk  # noqa: PLC0415 - memory of the Pi

        signals = self._signals()
        works = [Work(name, run) for name, run in station.works()]
        for told in self._config.readers:
            reader = card_reader(told, self._clock, self._chance)
            desk = TapDesk(
                told, reader, station, parts.room, parts.lockers, signals, self._keep_people
            )
            works.append(Work(f"reader-{told.name}", desk.run))
            watch = ReaderWatch(told.name, reader, parts.alarms, self._clock)
            works.append(Work(f"watch-{told.name}", watch.run))
        return works

    def _wires_known(self) -> bool:
        inputs = self._inputs
        return inputs is None or all(
            inputs.active(line) is not None for line in self._config.used_inputs()
        )

    def _keep_people(self) -> None:
        self._people_file.write(self._people.inside() or None)

    def _relays(self) -> dict[str, Relay]:
        return {
            locker.name: Relay(self._wired(), locker.strike, self._clock)
            for locker in self._config.lockers
        }

    def _signals(self) -> Signals | None:
        wired = frozenset(LINES) & self._config.lines.outputs.keys()
        return Signals(self._wired(), wired, self._clock) if wired else None

    def _wired(self) -> GpioOutputs:
        assert self._outputs is not None  # noqa: S101 - the configuration says so
        return self._outputs

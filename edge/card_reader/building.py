"""The door with its real parts: the only file that chooses them."""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.agent.copass import build_station
from edge.agent.remote import open_commands
from edge.agent.service import Agent, Work
from edge.card_reader import hardware
from edge.card_reader.commands import listen
from edge.card_reader.config import DoorConfig, ScreenConfig
from edge.card_reader.core import DoorCore
from edge.card_reader.guard import GuardedRelay
from edge.card_reader.mode_file import ModeFile
from edge.card_reader.relay_guard import RELAY
from edge.card_reader.screen.state import ScreenState, ScreenTexts
from edge.card_reader.service import DoorAgent
from edge.copass.durable_files import RealFiles
from edge.copass.station import Station
from edge.drivers.card_head import card_reader
from edge.drivers.signals import Signals
from edge.link.service import Link
from edge.link.systemd import Watchdog


def build_door_agent(
    config: DoorConfig,
    clock: Clock,
    chance: random.Random,
    version: str = "0",
    metal: Clock | None = None,
) -> Agent:
    """The agent of a door.

    `metal` is the clock of reader head, wires and lock: real time where `clock` is simulated.
    Raises what opening the outbox, the identity or the files at rest raises.
    """
    watchdog = Watchdog(clock)
    settings, unit = config.link_settings(), config.unit
    link = Link(settings, config.territory, unit, clock, chance, version, watchdog=watchdog)
    station = build_station(config, config.copass_directory, link, clock, config.policy)
    door = _door(config, station, clock, metal or clock, chance)
    link.on_health(door.health)
    work = [
        *(Work(name, run) for name, run in door.works()),
        *(Work(name, run) for name, run in station.works()),
    ]
    commands = open_commands(
        config,
        link,
        clock,
        forget=station.forget,
        floor_ms=lambda: station.timepiece.kept().trusted_ms,
    )
    if commands is not None:
        listen(commands, door)
        work.append(Work("commands", commands.run))
    if config.screen is not None:
        from edge.card_reader.screen.server import ScreenServer  # noqa: PLC0415 - memory

        work.append(Work("screen", ScreenServer(door.screen, config.screen.port, clock).run))
    return Agent(link, clock, work, watchdog, station.journal.close)


def _door(
    config: DoorConfig, station: Station, clock: Clock, metal: Clock, chance: random.Random
) -> DoorAgent:
    modes = ModeFile(config.copass_directory / "mode", RealFiles())
    mode = modes.read()
    screen = config.screen or ScreenConfig()
    texts = ScreenTexts(
        screen.language, screen.place, screen.help_number, config.times.pulse_ms / 1_000
    )
    lights = hardware.signals(config)
    wired = frozenset(config.lines.outputs) - {RELAY}
    return DoorAgent(
        station,
        DoorCore(config.times, mode),
        config.point,
        card_reader(config.reader, metal, chance),
        hardware.inputs(config, metal, chance),
        GuardedRelay(
            config.lines.chip, config.lines.outputs[RELAY], config.times.longest_ms, metal
        ),
        None if lights is None else Signals(lights, wired, clock),
        ScreenState(texts, station.timepiece.look, lambda: station.store.table, clock, mode),
        modes,
        clock,
    )

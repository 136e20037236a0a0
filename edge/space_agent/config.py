"""The configuration file of a space's agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from contract.quantities import Slug
from edge.agent.config import AgentConfig, AgentFile, beside, common_of, read_file
from edge.agent.errors import InvalidConfig
from edge.counting.headcount import Place
from edge.counting.tracker import Way
from edge.counting.zeroing import ZeroRules
from edge.drivers.card_head import CardHeadSection
from edge.drivers.line_config import LinesSection
from edge.drivers.signals import LINES as SIGNAL_LINES
from edge.drivers.wifi_config import WifiSection

BEAMS = "beams"
TAPS = "taps"
Share = Annotated[float, Meta(ge=0, le=1)]


class OccupancySection(Struct, frozen=True, forbid_unknown_fields=True):
    """[occupancy]: how many the room holds, and how their count is believed."""

    capacity: Annotated[int, Meta(ge=1, le=2_000)]
    seats: Annotated[int, Meta(ge=0, le=2_000)] | None = None
    interval_s: Annotated[float, Meta(ge=10, le=86_400)] = 300.0
    beam_error_share: Share = 0.15
    tap_error_share: Share = 0.3
    night_hour: Annotated[int, Meta(ge=0, le=23)] | None = 4
    empty_after_min: Annotated[float, Meta(ge=1, le=1_440)] | None = 30.0
    persons_per_station: Annotated[float, Meta(ge=0, le=10)] = 0.0
    timezone: str = "Europe/Paris"


class DoorSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[[doors]]: two beams, a contact, or both."""

    name: Slug
    outer: str | None = None
    inner: str | None = None
    contact: str | None = None


class PresenceSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[[presence]]: a sensor that sees whether somebody is there."""

    name: Slug
    kind: Literal["pir", "ld2410", "ld2450"]
    line: str | None = None
    """Of a PIR."""
    port: str | None = None
    """Of a radar."""


class LockerSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[[lockers]]: its strike, the contact of its door, the switch under its equipment."""

    name: Slug
    strike: str
    contact: str | None = None
    equipment: str | None = None
    pulse_s: Annotated[float, Meta(ge=0.1, le=10)] = 3.0
    lends_h: Annotated[float, Meta(gt=0, le=720)] = 24.0


class ReaderSection(CardHeadSection, frozen=True, kw_only=True):
    """[[readers]]: a reader head; it takes taps for the room, opens lockers, or both."""

    name: Slug
    room: Slug | None = "room"
    """The point at which a tap is in or out; none: the reader only opens lockers."""
    direction: Literal["in", "out"] | None = None
    lockers: tuple[Slug, ...] = ()


class CopassSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[copass]: where rights and journal lie."""

    directory: str = "copass"
    clockless_hours: Annotated[float, Meta(ge=0, le=720)] = 24.0


class SpaceFile(AgentFile, forbid_unknown_fields=True, kw_only=True):
    """The file of a space."""

    occupancy: OccupancySection
    lines: LinesSection = field(default_factory=LinesSection)
    doors: tuple[DoorSection, ...] = ()
    presence: tuple[PresenceSection, ...] = ()
    wifi: WifiSection | None = None
    lockers: tuple[LockerSection, ...] = ()
    readers: tuple[ReaderSection, ...] = ()
    copass: CopassSection = field(default_factory=CopassSection)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceConfig(AgentConfig):
    """Everything that a space's agent is told."""

    occupancy: OccupancySection
    lines: LinesSection
    doors: tuple[DoorSection, ...] = ()
    presence: tuple[PresenceSection, ...] = ()
    wifi: WifiSection | None = None
    lockers: tuple[LockerSection, ...] = ()
    readers: tuple[ReaderSection, ...] = ()
    copass_directory: Path
    clockless_ms: int = 24 * 3_600_000

    def place(self) -> Place:
        """How the room is counted."""
        told = self.occupancy
        ways = []
        if any(door.outer for door in self.doors):
            ways.append(Way(BEAMS, told.beam_error_share))
        if any(reader.room for reader in self.readers):
            ways.append(Way(TAPS, told.tap_error_share, covers_all=False))
        empty_after_s = None if told.empty_after_min is None else told.empty_after_min * 60
        rules = ZeroRules(told.night_hour, empty_after_s)
        return Place(told.capacity, ways, rules, told.timezone, told.persons_per_station)

    def used_inputs(self) -> frozenset[str]:
        """The inputs that doors and lockers listen to; a PIR listens to its own."""
        doors = [line for door in self.doors for line in (door.outer, door.inner, door.contact)]
        lockers = [line for locker in self.lockers for line in (locker.contact, locker.equipment)]
        return frozenset(line for line in doors + lockers if line is not None)


def load_config(path: Path) -> SpaceConfig:
    """The configuration in `path`. Raises InvalidConfig with one sentence: file, key, remedy."""
    told = read_file(path, SpaceFile)
    config = SpaceConfig(
        **common_of(path, told, ("space",), "space"),
        occupancy=told.occupancy,
        lines=told.lines,
        doors=told.doors,
        presence=told.presence,
        wifi=told.wifi,
        lockers=told.lockers,
        readers=told.readers,
        copass_directory=beside(path, told.copass.directory),
        clockless_ms=int(told.copass.clockless_hours * 3_600_000),
    )
    _check(path, config)
    return config


def _check(path: Path, config: SpaceConfig) -> None:
    try:
        ZoneInfo(config.occupancy.timezone)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidConfig(
            path, f"[occupancy] timezone = {config.occupancy.timezone!r} is not known here"
        ) from error
    for door in config.doors:
        if (door.outer is None) != (door.inner is None):
            raise InvalidConfig(path, f"[[doors]] {door.name}: name both beams, or none")
    for sensor in config.presence:
        needed = "line" if sensor.kind == "pir" else "port"
        if getattr(sensor, needed) is None:
            raise InvalidConfig(path, f"[[presence]] {sensor.name}: {needed} is missing; add it")
    _check_names(path, config)
    lockers = {locker.name for locker in config.lockers}
    for reader in config.readers:
        for name in sorted(set(reader.lockers) - lockers):
            raise InvalidConfig(path, f"[[readers]] {reader.name}: there is no locker {name}")
        if reader.room is None and not reader.lockers:
            raise InvalidConfig(path, f"[[readers]] {reader.name}: it serves no room and no locker")


def _check_names(path: Path, config: SpaceConfig) -> None:
    """Every wire is wired once and every wired one is used."""
    inputs = list(config.used_inputs()) + [s.line for s in config.presence if s.line is not None]
    _check_table(path, "inputs", inputs, config.lines.inputs)
    strikes = [locker.strike for locker in config.lockers]
    _check_table(path, "outputs", strikes, config.lines.outputs, SIGNAL_LINES)
    for kind, names in (
        ("doors", [door.name for door in config.doors]),
        ("lockers", [locker.name for locker in config.lockers]),
        ("readers", [reader.name for reader in config.readers]),
        ("presence", [sensor.name for sensor in config.presence]),
    ):
        if twice := [name for name in names if names.count(name) > 1]:
            raise InvalidConfig(path, f"[[{kind}]] {twice[0]} is there twice; rename one")


def _check_table(
    path: Path,
    table: str,
    used: list[str],
    wired: Iterable[str],
    also: Iterable[str] = (),
) -> None:
    for name in sorted(set(used) - set(wired)):
        raise InvalidConfig(path, f"[lines.{table}.{name}] is missing; add its offset")
    for name in sorted(set(wired) - set(used) - set(also)):
        raise InvalidConfig(
            path, f"[lines.{table}.{name}] is used by nothing; remove or correct it"
        )

"""The configuration file of a door's agent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from contract.quantities import Slug
from edge.agent.config import AgentConfig, AgentFile, beside, common_of, read_file
from edge.agent.errors import InvalidConfig
from edge.card_reader.core import DoorTimes
from edge.card_reader.relay_guard import RELAY
from edge.copass.decision import Direction, Policy
from edge.copass.taps import Point
from edge.drivers.card_head import CardHeadSection
from edge.drivers.line_config import LinesSection
from edge.drivers.signals import LINES as SIGNAL_LINES

INPUTS = ("contact", "exit", "tamper")
"""`contact` is active while the door is open, `exit` while somebody asks to go out."""
OUTPUTS = (RELAY, *SIGNAL_LINES)
WALK_S = 2.0

PulseSeconds = Annotated[float, Meta(ge=0.2, le=10)]


class _Reader(CardHeadSection, frozen=True):
    direction: Direction | None = None


class _Door(Struct, forbid_unknown_fields=True):
    point: Slug = "door"
    pulse_s: PulseSeconds = 5.0
    held_s: Annotated[float, Meta(ge=5, le=3_600)] = 30.0
    lock: Literal["fail-safe", "fail-secure"] = "fail-secure"
    opens_unrecorded: bool = False


class _Copass(Struct, forbid_unknown_fields=True):
    directory: str = "copass"
    clockless_hours: Annotated[float, Meta(ge=0, le=720)] = 24.0
    windowed_without_clock: Literal["refuse", "reckon"] = "refuse"
    passback: Literal["off", "soft", "hard"] = "soft"


class _Screen(Struct, forbid_unknown_fields=True):
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8_460
    language: Literal["fr", "en"] = "fr"
    place: Annotated[str, Meta(max_length=40)] = ""
    help_number: Annotated[str, Meta(max_length=20)] = ""


class _File(AgentFile, forbid_unknown_fields=True, kw_only=True):
    lines: LinesSection
    reader: _Reader = field(default_factory=_Reader)
    door: _Door = field(default_factory=_Door)
    copass: _Copass = field(default_factory=_Copass)
    screen: _Screen | None = None


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    """The screen beside the door, 480 by 320."""

    port: int = 8_460
    language: Literal["fr", "en"] = "fr"
    place: str = ""
    help_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorConfig(AgentConfig):
    """Everything a door's agent is told."""

    lines: LinesSection
    reader: CardHeadSection
    point: Point
    times: DoorTimes
    policy: Policy
    copass_directory: Path
    lock: Literal["fail-safe", "fail-secure"] = "fail-secure"
    """Wiring: whether the lock is open without power. Named here so that doctor can say it."""
    screen: ScreenConfig | None = None


def load_config(path: Path) -> DoorConfig:
    """The configuration in `path`. Raises InvalidConfig with one sentence: file, key, remedy."""
    told = read_file(path, _File)
    _check_lines(path, told.lines)
    door, copass = told.door, told.copass
    pulse_ms = int(door.pulse_s * 1_000)
    return DoorConfig(
        **common_of(path, told, ("reader",), "door"),
        lines=told.lines,
        reader=told.reader,
        point=Point(door.point, told.reader.direction, door.opens_unrecorded),
        times=DoorTimes(
            pulse_ms=pulse_ms, held_ms=int(door.held_s * 1_000), renew_ms=pulse_ms * 3 // 5
        ),
        policy=Policy(
            clockless_limit_ms=int(copass.clockless_hours * 3_600_000),
            windowed_without_clock=copass.windowed_without_clock,
            passback=copass.passback,
        ),
        copass_directory=beside(path, copass.directory),
        lock=door.lock,
        screen=_screen(told.screen),
    )


def _screen(told: _Screen | None) -> ScreenConfig | None:
    if told is None:
        return None
    return ScreenConfig(told.port, told.language, told.place, told.help_number)


def _check_lines(path: Path, lines: LinesSection) -> None:
    for table, names, known in (
        ("inputs", lines.inputs, INPUTS),
        ("outputs", lines.outputs, OUTPUTS),
    ):
        for name in sorted(names.keys() - set(known)):
            raise InvalidConfig(
                path, f"[lines.{table}.{name}] is not a wire of a door; name {', '.join(known)}"
            )
    if RELAY not in lines.outputs:
        raise InvalidConfig(path, f"[lines.outputs.{RELAY}] is missing; add the relay's offset")

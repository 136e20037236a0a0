"""The devices of a unit, as its settings name them; no more than the checks need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

USUAL_BAUD = 9_600
HOSTAPD = Path("/run/hostapd")
"""Where the access point's control sockets lie."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where positions come from."""

    port: str | None = None
    baud: int = USUAL_BAUD
    gpsd: tuple[str, int] = ("127.0.0.1", 2947)
    uses_gpsd: bool = False


class CardHead(NamedTuple):
    """A reader of cards."""

    kind: str
    port: str
    baud: int


class Radar(NamedTuple):
    """A radar on a serial port."""

    kind: str
    port: str


class Lock(NamedTuple):
    """The relay of a door and how its lock is wired."""

    output: str
    wiring: str


@dataclass(frozen=True, slots=True)
class Devices:
    """Empty where the settings name none."""

    chip: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """`edge.drivers.line_config.InputLine` by name."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    card_heads: tuple[CardHead, ...] = ()
    osdp_port: str | None = None
    radars: tuple[Radar, ...] = ()
    lock: Lock | None = None
    copass: Path | None = None
    """Where rights lie, sealed to the board."""
    machine_serial: str | None = None

"""A Raspberry Pi with real devices, as `--rig FILE` describes it, and what stands in elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import pytest
from msgspec import Struct

from edge.drivers.line_config import HEADER, InputLine
from simulator.devices.beam_pair import Beam

Cards = tuple[str, str]
"""UIDs of two cards at hand, in hexadecimal."""


class Lines(Struct, frozen=True, forbid_unknown_fields=True):
    """Two outputs jumpered to two inputs, by GPIO number."""

    output_a: int = 20
    input_a: int = 21
    output_b: int = 16
    input_b: int = 12
    chip: str = HEADER


class Gps(Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver under the open sky."""

    port: str
    baud: int = 9_600


class Osdp(Struct, frozen=True, forbid_unknown_fields=True):
    """A door reader on RS-485; its key lies in a file, as 32 hexadecimal digits."""

    port: str
    key_file: str
    cards: Cards
    address: int = 0
    baud: int = 9_600


class Pn532(Struct, frozen=True, forbid_unknown_fields=True):
    """A reader head on a serial port."""

    port: str
    cards: Cards
    baud: int = 115_200


class Pcsc(Struct, frozen=True, forbid_unknown_fields=True):
    """A reader on USB that pcscd serves; a part of its name, or empty for the first."""

    cards: Cards
    name: str = ""


class Wifi(Struct, frozen=True, forbid_unknown_fields=True):
    """An access point with at least one phone connected and in use."""

    hostapd: str = "/run/hostapd/wlan0"
    interface: str = "wlan0"


class Rig(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wired; a section left out is not there and its tests are skipped."""

    lines: Lines | None = None
    gps: Gps | None = None
    osdp: Osdp | None = None
    pn532: Pn532 | None = None
    pcsc: Pcsc | None = None
    wifi: Wifi | None = None


Section = Literal["lines", "gps", "osdp", "pn532", "pcsc", "wifi"]

NEEDED: Mapping[Section, str] = {
    "lines": "a Raspberry Pi with two jumpers",
    "gps": "a GPS receiver under the open sky",
    "osdp": "an OSDP door reader on RS-485",
    "pn532": "a PN532 on a serial port",
    "pcsc": "a PC/SC reader on USB",
    "wifi": "an access point with a phone",
}


class LinePair(NamedTuple):
    """Two inputs of a chip, named outer and inner, and a hand that interrupts their beams."""

    chip: str
    inputs: Mapping[str, InputLine]
    switch: Callable[[Beam, bool], None]


def read_rig(path: Path) -> Rig:
    """The rig of a TOML file. Raises pytest.UsageError, which names what is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Rig)
    except OSError as error:
        raise pytest.UsageError(f"--rig {path}: {error.strerror}; see rig.toml.example") from error
    except msgspec.DecodeError as error:
        raise pytest.UsageError(f"--rig {path}: {error}; see rig.toml.example") from error


def section(rig: Rig | None, name: Section) -> Any:
    """That part of the rig; without it the test is skipped, saying what it needs."""
    if rig is None:
        pytest.skip(f"needs {NEEDED[name]}: run with --rig FILE there")
    found = getattr(rig, name)
    if found is None:
        pytest.skip(f"needs {NEEDED[name]}: the rig file has no [{name}]")
    return found

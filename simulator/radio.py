"""Where a vehicle has no network.

Rules of this file: pure, but for reading the file. A shadow is a circle; the modem of a vehicle
inside it has no network at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from contract import quantities as q
from simulator.errors import SimulatorError
from simulator.geometry import Point, distance_m


class Shadow(Struct, frozen=True):
    """A valley, gorge or pass without coverage."""

    name: str
    latitude: q.Latitude
    longitude: q.Longitude
    radius_m: float


class InvalidRadioFile(SimulatorError, ValueError):
    """A file of radio shadows that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"radio file {path}: {why}")


def load_shadows(path: Path) -> tuple[Shadow, ...]:
    """The shadows of a JSON file; none where there is no such file. Raises InvalidRadioFile."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InvalidRadioFile(path, f"cannot be read: {error.strerror}") from error
    try:
        return msgspec.json.decode(content, type=tuple[Shadow, ...])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRadioFile(path, str(error)) from error


def radio_file_of(territory_file: Path) -> Path:
    """Where the shadows of a territory file are looked for: `lozere.json`, `lozere-radio.json`."""
    return territory_file.with_name(f"{territory_file.stem}-radio.json")


def covered(point: Point, shadows: Sequence[Shadow]) -> bool:
    """Whether a modem at `point` has network."""
    return all(distance_m(point, (s.latitude, s.longitude)) > s.radius_m for s in shadows)

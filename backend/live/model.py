"""What is known of a unit now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contract.topics import Unit
from contract.uplink import Envelope

Presence = Literal["online", "asleep", "offline", "lost", "unknown"]
"""What the unit last said of itself; `lost` where the broker spoke its will since."""


@dataclass(frozen=True, slots=True)
class LivePosition:
    """Where a vehicle was measured last; degrees WGS 84, metres, metres a second."""

    latitude: float
    longitude: float
    speed_m_s: float | None
    course_deg: float | None
    odometer_m: float
    observed_ms: int


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as of its newest measurements; how old they are is for the reader to judge."""

    unit: Unit
    presence: Presence
    presence_ms: int | None
    position: LivePosition | None
    """None also while the unit is asleep or offline: off duty, nobody's position is shown."""
    newest: Mapping[str, tuple[int, Envelope]]
    """Per stream the time of measurement and the message."""
    heard_ms: int | None
    """When anything of it last arrived, backlog included."""

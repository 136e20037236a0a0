"""What an agent hands to the link: one measurement, not yet numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract.quantities import ClockSource


@dataclass(frozen=True, slots=True)
class Reading:
    """One message of `stream`, without its envelope.

    `boot_ms` is `Clock.boot_ms()` when it was measured. `observed_ms` is UTC milliseconds from
    the trusted source that `clock` names; None leaves the dating to the link's anchors.
    """

    stream: str
    body: Mapping[str, object]
    boot_ms: int
    observed_ms: int | None = None
    clock: ClockSource = "unset"
    mark: tuple[str, int] | None = None
    """A name and number remembered in the same transaction: how far its source has handed over."""

"""A message as it lies in the outbox, before and after it has a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from contract.quantities import ClockSource
from edge.link.schema import CLOCKS


@dataclass(frozen=True, slots=True)
class NewRow:
    """A checked message that has no number yet."""

    stream: int
    boot_ms: int
    observed_ms: int | None
    clock: ClockSource
    body: bytes
    sent_as: int | None = None
    """A date frozen at once, where it will go without a trusted clock."""
    mark: tuple[str, int] | None = None
    """Written with the row or not at all."""


class Row(NamedTuple):
    """A numbered message."""

    seq: int
    boot: str
    boot_ms: int
    observed_ms: int | None
    clock: ClockSource
    sent_as: int | None
    body: bytes


def check_sum(boot_ms: int, observed_ms: int | None, clock: ClockSource, body: bytes) -> int:
    """What tells a row from one that the card has garbled."""
    head = f"{boot_ms},{observed_ms},{CLOCKS.index(clock)},".encode()
    return crc32(body, crc32(head))

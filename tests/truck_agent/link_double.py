"""A link that remembers what it was handed, for tests of the agent alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from contract.errors import MalformedMessage
from edge.link.reading import Reading


class LinkDouble:
    """Stands where edge.link.service.Link stands."""

    def __init__(self) -> None:
        self.put_readings: list[Reading] = []
        self.anchors: list[tuple[str, int, int]] = []
        self.announced: list[str] = []
        self.is_closed = False
        self.refuses = False
        self.fault: Exception | None = None
        self.health_source: Callable[[], Mapping[str, object]] = dict

    def put(self, reading: Reading) -> None:
        if self.refuses:
            raise MalformedMessage(reading.stream, "latitude is no number")
        self.put_readings.append(reading)

    def anchor(self, source: str, utc_ms: int, boot_ms: int) -> None:
        self.anchors.append((source, utc_ms, boot_ms))

    def announce(self, state: str) -> None:
        self.announced.append(state)

    def on_health(self, source: Callable[[], Mapping[str, object]]) -> None:
        self.health_source = source

    async def run(self) -> None:
        if self.fault is not None:
            raise self.fault
        await asyncio.get_running_loop().create_future()

    async def settled(self) -> None:
        await asyncio.get_running_loop().create_future()

    def close(self) -> None:
        self.is_closed = True

"""The use of the wifi, said once an interval; counts and nothing about who."""

from __future__ import annotations

from contextlib import aclosing
from typing import Protocol

from contract.clock import Clock
from edge.drivers.wifi_usage import UsageSource
from edge.link.reading import Reading


class UsageLink(Protocol):
    """What the report asks of the link."""

    def put(self, reading: Reading) -> None: ...


class WifiReport:
    """Says each interval of `source`."""

    def __init__(self, source: UsageSource, link: UsageLink, clock: Clock) -> None:
        self._source = source
        self._link = link
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled; radios may come and go."""
        async with aclosing(self._source.usage()) as usages:  # type: ignore[type-var]  # a generator
            async for usage in usages:
                body = {
                    "interval_s": round(usage.interval_s, 1),
                    "stations": usage.stations,
                    "received_bytes": usage.received_bytes,
                    "sent_bytes": usage.sent_bytes,
                }
                self._link.put(Reading("wifi", body, self._clock.boot_ms()))

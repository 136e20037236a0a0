"""A link that goes nowhere: it keeps what it is given, checked as the real one checks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from contract.quantities import ClockSource
from edge.link.envelope import check_body
from edge.link.health import LinkHealth, StreamCounts
from edge.link.reading import Reading


class FakeLink:
    """Stands in for `Link` in the tests of agents; everything told to it can be read back."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.marks: dict[str, int] = {}
        self.anchors: list[tuple[ClockSource, int, int]] = []
        self.states: list[str] = []
        self.cleared: list[str] = []
        self.handlers: dict[str, Callable[[bytes], None]] = {}
        self.health_source: Callable[[], Mapping[str, object]] = dict
        self.closed = False
        self.connected = True
        self.withheld: set[str] = set()
        """Streams of which nothing is confirmed for now."""
        self._released = asyncio.Event()

    def put(self, reading: Reading) -> None:
        """Keep a reading. Raises MalformedMessage as the real link does."""
        check_body(reading.stream, reading.body)
        self.readings.append(reading)
        if reading.mark is not None:
            source, number = reading.mark
            self.marks[source] = number

    def mark(self, source: str) -> int:
        """How far `source` has handed over."""
        return self.marks.get(source, 0)

    def of(self, stream: str) -> list[Reading]:
        """The readings of one stream, in the order they came."""
        return [reading for reading in self.readings if reading.stream == stream]

    def anchor(self, source: ClockSource, utc_ms: int, boot_ms: int) -> None:
        """Keep an anchor."""
        self.anchors.append((source, utc_ms, boot_ms))

    def knows_time(self) -> bool:
        """Whether an anchor was given."""
        return bool(self.anchors)

    def trusted_now_ms(self) -> int | None:
        """The time of the last anchor; the fake's own time stands still."""
        told = self.trusted_now()
        return told and told[0]

    def trusted_now(self) -> tuple[int, ClockSource] | None:
        """As `trusted_now_ms`, with who told it."""
        return (self.anchors[-1][1], self.anchors[-1][0]) if self.anchors else None

    def announce(self, state: str) -> None:
        """Keep a state that is news."""
        if self.states[-1:] != [state]:
            self.states.append(state)

    def clear_retained(self, stream: str) -> None:
        """Keep the wish."""
        self.cleared.append(stream)

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None:
        """Keep a handler; `tell` calls it."""
        self.handlers[name] = handler

    def on_health(self, source: Callable[[], Mapping[str, object]]) -> None:
        """Keep the source of the agent's own health fields."""
        self.health_source = source

    def tell(self, name: str, payload: bytes) -> None:
        """Act as the backend: send a downlink message."""
        self.handlers[name](payload)

    def health(self) -> LinkHealth:
        """Everything is confirmed at once."""
        put = {reading.stream for reading in self.readings}
        counts = {
            stream: StreamCounts(n, n, n, n) for stream in put for n in (len(self.of(stream)),)
        }
        return LinkHealth(self.connected, 0, None, 0.01, "0" * 16, 1, counts)

    async def settled(self, stream: str | None = None) -> None:
        """At once, unless a stream of which nothing is confirmed was used."""
        while any(r.stream in self.withheld and stream in {None, r.stream} for r in self.readings):
            self._released.clear()
            await self._released.wait()

    def confirm(self) -> None:
        """Act as the backend: everything put so far is stored."""
        self.withheld.clear()
        self._released.set()

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.get_running_loop().create_future()

    def close(self) -> None:
        """Say that it was closed."""
        self.closed = True

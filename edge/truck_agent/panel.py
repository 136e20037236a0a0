"""The wires of the vehicle: each edge goes to whoever asked for its line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from edge.drivers.lines import Edge, InputLines

Listener = Callable[[Edge], None]


class Panel:
    """Hands on edges; a line may have several listeners."""

    def __init__(self, inputs: InputLines) -> None:
        self._inputs = inputs
        self._listeners: dict[str, list[Listener]] = {}

    def on(self, line: str, listener: Listener) -> None:
        """Call `listener` with each edge of `line`; the first tells how it stands."""
        self._listeners.setdefault(line, []).append(listener)

    def hears(self, line: str) -> bool:
        """Whether it is known how `line` stands; not while the chip is lost."""
        return self._inputs.active(line) is not None

    async def run(self) -> None:
        """Until cancelled; the chip may come and go."""
        async with aclosing(self._inputs.edges()) as edges:  # type: ignore[type-var]  # a generator
            async for edge in edges:
                for listener in self._listeners.get(edge.line, ()):
                    listener(edge)

"""A contact: of a door, of a locker, of a shelf on which something stands.

Wiring: a reed contact or a micro switch between the input and 0 V, pull = "up", debounce_ms = 20;
for wires over 3 m an optocoupler. Choose the contact so that a cut wire reads like an open door
(closed circuit = closed door, `active_low = true`): then sabotage and a torn wire are noticed.
`active` of the line means closed, or present.

What it cannot tell: a magnet held to a reed contact is a closed door. A wire that chatters is
told as `flutters`.

Rules of this file: pure; time is that of the edges.
"""

from __future__ import annotations

from collections import deque

from edge.drivers.lines import Edge

FLUTTER_CHANGES = 20
FLUTTER_NS = 10_000_000_000
"""Nobody opens and closes a door ten times in ten seconds."""


class Contact:
    """One contact. `closed` is None while it is not known."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.closed: bool | None = None
        self.flutters = False
        self._changes: deque[int] = deque(maxlen=FLUTTER_CHANGES)

    def take(self, edge: Edge) -> bool:
        """Whether the contact changed by an edge; other lines' edges are passed over."""
        if edge.line != self.line or edge.active == self.closed:
            return False
        self.closed = edge.active
        self._changes.append(edge.at_ns)
        self.flutters = (
            len(self._changes) == FLUTTER_CHANGES and edge.at_ns - self._changes[0] < FLUTTER_NS
        )
        return True

"""A passenger door: who went through while it was open, and whether it is what it should be.

Rules of this file: pure; `now_s` are seconds of the boot clock. Beams that see somebody through a
closed door see rain, a sleeve or the sun: not counted, and told as a fault when it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from edge.drivers.beam_pair import BeamEvent, BeamFault, BeamPair, Passage, UnclearPassage
from edge.drivers.lines import Edge

CLOSING_S = 3.0
"""The last one out lets the door fall shut behind."""
GHOSTS = 5
"""So many passages through a closed door in a row are a fault of beams or contact."""
MOVING_M_S = 3.0
OPEN_MOVING_S = 5.0
"""An open door at walking pace is a bus that creeps up to its stop."""

SEEING = {"contact", "ghosts", "one_sided"}
"""Faults with which passages are counted all the same; of a beam that is never broken only half of
them are lost, and told so."""

Counted = Literal["in", "out", "unclear"]


@dataclass(slots=True)
class Door:
    """One door; without a contact it is taken to be open."""

    name: str
    beams: BeamPair | None = None
    contact: str | None = None
    is_open: bool | None = None
    faults: set[str] = field(default_factory=set)
    """One word each: "contact", "ghosts", and those of the beams."""
    _closed_s: float | None = None
    _ghosts: int = 0
    _moving_s: float | None = None

    @property
    def is_blind(self) -> bool:
        """Whether people may go through it and nobody counts them."""
        return self.is_open is not False and bool(self.faults - SEEING)

    @property
    def beam_lines(self) -> tuple[str, ...]:
        """The lines of its beams."""
        return () if self.beams is None else self.beams.lines

    def take(self, edge: Edge, now_s: float) -> list[Counted]:
        """What an edge of one of its lines comes to."""
        if edge.line == self.contact:
            self.is_open = edge.active
            self._closed_s = None if edge.active else now_s
            return []
        if self.beams is None:
            return []
        return self._count(self.beams.take(edge), now_s)

    def tick(self, at_ns: int, now_s: float, speed_m_s: float | None) -> list[Counted]:
        """What the time tells; once a second. `at_ns` is of the clock of the edges."""
        self._judge_contact(now_s, speed_m_s)
        return [] if self.beams is None else self._count(self.beams.pass_to(at_ns), now_s)

    def _count(self, events: list[BeamEvent], now_s: float) -> list[Counted]:
        counted: list[Counted] = []
        for event in events:
            if isinstance(event, BeamFault):
                (self.faults.discard if event.is_over else self.faults.add)(event.kind)
            elif self._is_shut(now_s):
                self._ghost()
            elif isinstance(event, Passage):
                self._ghosts = 0
                self.faults.discard("ghosts")
                counted.append(event.direction)
            elif isinstance(event, UnclearPassage):
                counted.append("unclear")
        return counted

    def _is_shut(self, now_s: float) -> bool:
        shut_s = self._closed_s
        return self.is_open is False and shut_s is not None and now_s - shut_s > CLOSING_S

    def _ghost(self) -> None:
        self._ghosts += 1
        if self._ghosts >= GHOSTS:
            self.faults.add("ghosts")

    def _judge_contact(self, now_s: float, speed_m_s: float | None) -> None:
        """A vehicle that drives with its door open has a broken contact, or a story to tell."""
        if not self.is_open or speed_m_s is None or speed_m_s < MOVING_M_S:
            self._moving_s = None
            if self.is_open is False:
                self.faults.discard("contact")
            return
        if self._moving_s is None:
            self._moving_s = now_s
        if now_s - self._moving_s > OPEN_MOVING_S:
            self.faults.add("contact")

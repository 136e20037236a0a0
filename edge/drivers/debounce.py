"""Contacts bounce: a change counts once it has stood for the line's debounce time.

Rules of this file: pure; time comes in with the edges and with `pass_to`. An edge is handed on
with the moment at which it began to count (its own time and the debounce time), as the kernel
does it, so that the edges of lines with different debounce times still come in order.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.drivers.lines import Edge


class Debouncer:
    """Raw edges of some lines to edges that count."""

    def __init__(self, debounce_ns: Mapping[str, int], standing: Mapping[str, bool]) -> None:
        self._debounce_ns = dict(debounce_ns)
        self._counted = dict(standing)
        self._pending: dict[str, Edge] = {}

    def take(self, raw: Edge) -> list[Edge]:
        """What counts by the time of `raw`, and `raw` itself where its line needs no waiting."""
        counted = self.pass_to(raw.at_ns)
        self._pending.pop(raw.line, None)
        if raw.active == self._counted.get(raw.line):
            return counted
        due_ns = raw.at_ns + self._debounce_ns.get(raw.line, 0)
        self._pending[raw.line] = raw._replace(at_ns=due_ns)
        return counted + self.pass_to(raw.at_ns)

    def pass_to(self, now_ns: int) -> list[Edge]:
        """What has stood long enough at `now_ns`, oldest first."""
        due = sorted(
            (edge for edge in self._pending.values() if edge.at_ns <= now_ns),
            key=lambda edge: edge.at_ns,
        )
        for edge in due:
            del self._pending[edge.line]
            self._counted[edge.line] = edge.active
        return due

    def due_ns(self) -> int | None:
        """When the next pending change will count; None where nothing is pending."""
        return min((edge.at_ns for edge in self._pending.values()), default=None)

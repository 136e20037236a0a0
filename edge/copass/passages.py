"""Which way each card went last, by its name on the wire; remembered by the journal.

Rules of this file: pure. Only what was proven counts: a copied UID moves nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from edge.copass.decision import Direction, Passage
from edge.copass.journal_entry import Written

MOST = 20_000
"""Cards remembered; more never pass one door in a day."""


class Passages:
    """The last passage of each card; `entries` are those of the journal, oldest first."""

    def __init__(self, entries: Iterable[Written] = ()) -> None:
        self._last: OrderedDict[str, Passage] = OrderedDict()
        for written in entries:
            body = written.entry.body
            is_passage = written.entry.kind == "tap" and body.get("decision") == "granted"
            if is_passage and body.get("right_id") is not None:
                self.note(str(body["pseudonym"]), body.get("direction"), written.entry.utc_ms)

    def last(self, name: str) -> Passage | None:
        """The last passage of a card, or None."""
        return self._last.get(name)

    def note(self, name: str, direction: Direction | None, utc_ms: int) -> None:
        """A card was let through; without a direction that tells nothing."""
        if direction is None:
            return
        self._last[name] = Passage(direction, utc_ms)
        self._last.move_to_end(name)
        if len(self._last) > MOST:
            self._last.popitem(last=False)

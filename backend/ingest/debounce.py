"""Confirmations in steady flow: each outbox at most once in a while, none forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from backend.ingest.outcome import Spoken


class Debounce:
    """Outboxes and when their confirmation is due, in order; `after_s` after the first touch."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._due_s: dict[Spoken, float] = {}

    def touch(self, spoken: Iterable[Spoken], now_s: float) -> None:
        """Something of these is newly settled."""
        due_s = now_s + self._after_s
        for one in spoken:
            self._due_s.setdefault(one, due_s)

    def forget(self, spoken: Iterable[Spoken]) -> None:
        """These are told now anyway."""
        for one in spoken:
            self._due_s.pop(one, None)

    def due(self, now_s: float) -> set[Spoken]:
        """Those whose time has come; they are forgotten."""
        due = set()
        for one, due_s in self._due_s.items():
            if due_s > now_s:
                break
            due.add(one)
        self.forget(due)
        return due

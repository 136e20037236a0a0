"""The errors of the door agent."""

from __future__ import annotations


class DoorError(Exception):
    """Base of everything this package raises."""


class GuardFault(DoorError, OSError):
    """The guard of the relay does not do its work; says what to do."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"relay guard: {why}")

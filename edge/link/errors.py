"""The errors of the link."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

StorageFault = Literal["full", "corrupt", "in use", "unwritable"]


class LinkError(Exception):
    """Base of everything this package raises."""


class StorageFailed(LinkError, OSError):
    """The outbox file could not be read or written; `fault` says what kind of trouble it is."""

    _CURES: ClassVar[dict[StorageFault, str]] = {
        "full": "free some space on its disk",
        "corrupt": "it will be set aside and a new one begun",
        "in use": "another agent has it open; give each agent its own outbox path",
        "unwritable": "check its folder, its owner and the disk",
    }

    def __init__(self, path: Path, fault: StorageFault, why: str) -> None:
        self.path = path
        self.fault: StorageFault = fault
        self.why = why
        super().__init__(f"outbox {path} is {fault} ({why}): {self._CURES[fault]}")


class ConnectionFailed(LinkError, ConnectionError):
    """The broker could not be reached or sent us away; the sentence says what to do."""

    def __init__(self, broker: str, what: str, cure: str) -> None:
        self.broker = broker
        self.what = what
        self.cure = cure
        super().__init__(f"broker {broker}: {what}; {cure}")

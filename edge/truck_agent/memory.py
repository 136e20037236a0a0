"""What the parts aboard must not forget over a restart: one small file beside the outbox."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from edge.agent.kept_file import KeptFile
from edge.truck_agent.lone_worker import Session
from edge.truck_agent.sos import OpenSos


class Kept(Struct):
    """All of it; written whenever something of it changes, which is rarely."""

    boot: str = ""
    """Boot of the machine to which times of the boot clock belong."""
    asleep: bool = False
    sos: OpenSos | None = None
    session: Session | None = None
    wheelchairs: int | None = 0


class Memory:
    """The kept things, read once at the start."""

    def __init__(self, path: Path, boot: str) -> None:
        self._file = KeptFile(path, Kept)
        kept = self._file.read()
        self.kept = Kept() if kept is None else kept
        self.same_boot = self.kept.boot == boot
        """Whether the machine ran on since the file was written."""
        self.kept.boot = boot
        self._written = b"" if kept is None else msgspec.json.encode(self.kept)

    def save(self) -> None:
        """Write, where something changed."""
        now = msgspec.json.encode(self.kept)
        if now != self._written:
            self._written = now
            self._file.write(self.kept)

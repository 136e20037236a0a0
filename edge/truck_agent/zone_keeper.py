"""Feeds what a vehicle learns of dead zones, and keeps it beside the outbox."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from edge.agent.kept_file import KeptFile
from edge.truck_agent.dead_zones import DeadZones, ZoneRules
from edge.truck_agent.situation import Situation

WRITE_EVERY_S = 600.0


class Contact(Protocol):
    """What tells whether there is network."""

    @property
    def connected(self) -> bool: ...


class ZoneKeeper:
    """The learned zones of one vehicle; written rarely, because an SD card dies of writing."""

    def __init__(self, path: Path, rules: ZoneRules, link: Contact) -> None:
        self._file = KeptFile(path, dict[str, list[int]])
        self._zones = DeadZones(rules, self._file.read())
        self._link = link
        self._unwritten = False
        self._written_s: float | None = None

    def see(self, situation: Situation) -> None:
        """The vehicle is where the situation says."""
        fix, now_s = situation.fix, situation.now_s
        if fix is None:
            return
        connected = self._link.connected
        if self._zones.see(now_s, fix.latitude, fix.longitude, connected=connected):
            self._unwritten = True
        if self._written_s is None or now_s - self._written_s >= WRITE_EVERY_S:
            self._written_s = now_s
            self.save()

    def grace_s(self, situation: Situation) -> float:
        """How long this vehicle is usually without network from here on."""
        fix = situation.fix
        return 0.0 if fix is None else self._zones.grace_s(fix.latitude, fix.longitude)

    def save(self) -> None:
        """Write, where something was learned."""
        if self._unwritten:
            self._unwritten = False
            self._file.write(self._zones.cells)

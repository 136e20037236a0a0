"""What a door may do, said again and simply, without any code of the door.

It knows the truth: real time, real running time, which rights have reached the door, who holds
which card. It says what must not open and what must.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HOUR_MS = 3_600_000
GRACE_MS = 15 * 60_000
MEMBER_MS = 72 * HOUR_MS
START_COST_MS = 300_000
"""What each start without a clock counts for, at most."""


@dataclass
class Held:
    """A right as the backend gave it."""

    kind: str
    starts_ms: int = 0
    ends_ms: int | None = None
    revoked: bool = False
    passes_lockdown: bool = False
    duress: bool = False


@dataclass
class Model:
    """The truth about one door."""

    utc_ms: int
    limit_ms: int
    delivered: dict[str, Held] = field(default_factory=dict)
    version: int = 0
    issued_ms: int = 0
    mode: str = "normal"
    clock: bool = True
    ran_ms: int = 0
    """Real running time since the door last knew the time."""
    sure_ms: int = 0
    """Real running time since it last looked at a clock; a word of the backend may not count."""
    starts: int = 0
    """Starts of the program since then."""
    strikes: int = 0

    def passes(self, ms: int, *, running: bool) -> None:
        """Time goes by."""
        self.utc_ms += ms
        if running:
            self.ran_ms += ms
            self.sure_ms += ms

    def sees_clock(self, *, is_kept: bool) -> None:
        """The door could look at a trusted clock; `is_kept`: its disk knows of it too."""
        self.ran_ms = 0
        if is_kept:
            self.knows_time()

    def knows_time(self) -> None:
        """Whatever happens now, the door remembers what time it was."""
        self.ran_ms = self.sure_ms = self.starts = 0

    def hears_the_backend(self) -> None:
        """A new word says that it is not earlier than its issue."""
        self.ran_ms = 0

    def until_ms(self, held: Held) -> int:
        bounds = [] if held.ends_ms is None else [held.ends_ms + GRACE_MS]
        if held.kind != "booking":
            bounds.append(self.issued_ms + MEMBER_MS)
        return min(bounds)

    def may_open(self, name: str, *, genuine: bool) -> bool:
        """False: whatever opened, it was wrong."""
        if self.mode == "free_access":
            return True
        held = self.delivered.get(name)
        if held is None or held.revoked or not genuine:
            return False
        if self.mode == "lockdown" and not held.passes_lockdown:
            return False
        if self.clock:
            return held.starts_ms <= self.utc_ms < self.until_ms(held)
        return held.kind != "booking" and self.ran_ms < self.limit_ms

    def must_open(self, name: str, *, genuine: bool) -> bool:
        """True: whatever kept it shut, it was wrong."""
        if self.strikes >= 2 or not self.may_open(name, genuine=genuine):
            return False
        if self.clock or self.mode == "free_access":
            return True
        counted_ms = self.sure_ms + (self.starts + 1) * START_COST_MS
        until_ms = self.until_ms(self.delivered[name])
        return counted_ms < self.limit_ms and self.utc_ms + counted_ms < until_ms

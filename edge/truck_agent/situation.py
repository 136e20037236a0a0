"""What every part aboard may need to know: where, how fast, when."""

from __future__ import annotations

from dataclasses import dataclass

from contract.clock import Clock
from edge.drivers.position_source import Fix

FRESH_S = 10.0
"""A fix that is older says where the vehicle was."""


@dataclass(slots=True)
class Situation:
    """The last fix, and when it came."""

    clock: Clock
    fix: Fix | None = None
    fix_s: float = 0.0

    @property
    def now_s(self) -> float:
        """Seconds of the boot clock, which outlives the program and goes on in sleep."""
        return self.clock.boot_ms() / 1_000

    def take(self, fix: Fix) -> None:
        """The vehicle is here now."""
        self.fix, self.fix_s = fix, self.now_s

    def age_s(self) -> float | None:
        """How old the last fix is; None where there was none."""
        return None if self.fix is None else max(self.now_s - self.fix_s, 0.0)

    def fresh(self) -> Fix | None:
        """The fix, where it says where the vehicle is now."""
        age_s = self.age_s()
        return self.fix if age_s is not None and age_s <= FRESH_S else None

    def speed_m_s(self) -> float | None:
        """The speed now; None where it is not known."""
        fix = self.fresh()
        return None if fix is None else fix.speed_m_s

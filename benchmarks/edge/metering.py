"""What one agent has used until now, and between two moments, beside its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process_tree import cost, tree

_FIELDS = ("VmRSS", "VmHWM", "RssAnon")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agent must stay below."""

    written_mb_per_h: float
    resident_mib: float = 40.0
    cpu_percent: float = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The agent's own process; `cpu_s` is that of its tree, `guard_mib` what its children hold."""

    at_s: float
    cpu_s: float
    resident_mib: float
    peak_mib: float
    anonymous_mib: float
    guard_mib: float
    written_bytes: int


def sample(pid: int, at_s: float) -> Sample:
    """Of a running agent. Raises OSError where it has ended."""
    resident, peak, anonymous = (_memory(pid, field) for field in _FIELDS)
    members = tree(pid)
    return Sample(
        at_s,
        cost(pid).cpu_s,
        resident,
        peak,
        anonymous,
        sum(_memory(member, "VmRSS") for member in members if member != pid),
        sum(_written(member) for member in members),
    )


def row(name: str, before: Sample, after: Sample, limits: Limits) -> dict[str, Any]:
    """Figures between two samples. The relay's guard is a process apart: it adds to the CPU."""
    elapsed_s = after.at_s - before.at_s
    written_mb = (after.written_bytes - before.written_bytes) / 1e6
    figures = {
        "resident_mib": round(after.resident_mib, 1),
        "cpu_percent": round(100 * (after.cpu_s - before.cpu_s) / elapsed_s, 2),
        "written_mb_per_h": round(written_mb * 3_600 / elapsed_s, 2),
    }
    bars = {key: getattr(limits, key) for key in figures}
    return {
        "agent": name,
        "seconds": round(elapsed_s),
        "peak_mib": round(after.peak_mib, 1),
        "anonymous_mib": round(after.anonymous_mib, 1),
        "guard_mib": round(after.guard_mib, 1),
        **figures,
        **{f"limit_{key}": bar for key, bar in bars.items()},
        "passed": all(figures[key] < bar for key, bar in bars.items()),
    }


def _memory(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found.group(1)) / 1_024 if found else 0.0


def _written(pid: int) -> int:
    io = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    return int(dict(line.split(": ") for line in io.splitlines())["write_bytes"])

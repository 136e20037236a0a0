"""What a process and its children cost, from /proc."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (user and system) and peak resident memory of a process tree."""

    cpu_s: float
    peak_mib: float


def tree(pid: int) -> list[int]:
    """`pid` and its living descendants."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    except OSError:
        return found
    return found


def cost(pid: int) -> Cost:
    """Cost of the tree under `pid` until now; what has ended and was reaped is not in it."""
    cpu_ticks = 0
    peak_kib = 0
    for member in tree(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
            status = Path(f"/proc/{member}/status").read_text()
        except OSError:
            continue
        cpu_ticks += int(fields[11]) + int(fields[12])
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        peak_kib += int(peak.group(1)) if peak else 0
    return Cost(cpu_ticks / _TICKS_PER_S, peak_kib / 1024)

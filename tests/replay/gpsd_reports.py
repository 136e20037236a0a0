"""What gpsd made of a recording: its regression test's own output (`.log.chk`)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Reported:
    """TPV reports with mode 2 or 3 and a position."""

    with_fix: int
    without_time: int
    repeats: int
    """Reports of a moment that was reported before."""
    times_of_day: frozenset[int]
    """Milliseconds of the day: gpsd moves some dates by 1024 weeks, never the time."""


def reported(check_file: Path) -> Reported:
    """Count the reports in `check_file`."""
    fixes = []
    for line in check_file.read_bytes().splitlines():
        if line.startswith(b'{"class":"TPV"'):
            report = json.loads(line)
            if report.get("mode", 0) >= 2 and "lat" in report:
                fixes.append(report)
    told = Counter(report["time"] for report in fixes if "time" in report)
    return Reported(
        with_fix=len(fixes),
        without_time=sum("time" not in report for report in fixes),
        repeats=told.total() - len(told),
        times_of_day=frozenset(_ms(time) % DAY_MS for time in told),
    )


def _ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1_000)

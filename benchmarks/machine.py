"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> dict[str, object]:
    """Processor, cores, memory and versions of the machine that this runs on."""
    cpuinfo = _text("/proc/cpuinfo")
    model = next(
        (line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if "model name" in line),
        platform.machine(),
    )
    meminfo = _text("/proc/meminfo").split()
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_mb": int(meminfo[1]) // 1024 if len(meminfo) > 1 else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""

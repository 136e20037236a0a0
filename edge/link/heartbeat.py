"""How the device itself is: what the Pi's own files say, for the `health` stream.

Every reading is optional: what a machine does not have is left out, not guessed.
"""

from __future__ import annotations

import os
from pathlib import Path

_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_WIRELESS = Path("/proc/net/wireless")
UNDERVOLTAGE_NOW = 0x1


def device_health(folder: Path) -> dict[str, object]:
    """Temperature, undervoltage, free disk of `folder`, and wifi signal, where they exist."""
    readings: dict[str, object | None] = {
        "temperature_c": _temperature_c(),
        "undervoltage": _undervoltage(),
        "disk_free_bytes": _disk_free_bytes(folder),
        "link_signal_dbm": _signal_dbm(_text(_WIRELESS)),
    }
    return {name: value for name, value in readings.items() if value is not None}


def _temperature_c() -> float | None:
    text = _text(_TEMPERATURE)
    try:
        celsius = int(text) / 1_000
    except ValueError:
        return None
    return celsius if -60 <= celsius <= 150 else None


def _undervoltage() -> bool | None:
    try:
        return bool(int(_text(_THROTTLED), 16) & UNDERVOLTAGE_NOW)
    except ValueError:
        return None


def _disk_free_bytes(folder: Path) -> int | None:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def _signal_dbm(text: str) -> float | None:
    """Level of the first interface of /proc/net/wireless."""
    for line in text.splitlines()[2:]:
        parts = line.split()
        try:
            level = float(parts[3])
        except (IndexError, ValueError):
            continue
        if -200 <= level <= 0:
            return level
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""

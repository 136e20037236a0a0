"""The `health` stream: how the link is, and the device, by what the Pi's own files say.

Every reading is optional: what a machine does not have is left out, not guessed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from contract.clock import Clock
from contract.errors import MalformedMessage
from edge.link.health import LinkHealth
from edge.link.reading import Reading
from edge.link.settings import LinkSettings

logger = logging.getLogger(__name__)

HealthSource = Callable[[], Mapping[str, object]]
FIRST_AFTER_S = 10.0
MAX_AGE_S = 31_622_400.0

_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_WIRELESS = Path("/proc/net/wireless")
UNDERVOLTAGE_NOW = 0x1


class Healthy(Protocol):
    """What has a health and takes readings."""

    def put(self, reading: Reading) -> None: ...

    def health(self) -> LinkHealth: ...


async def say_health(
    link: Healthy, clock: Clock, settings: LinkSettings, sources: Sequence[HealthSource]
) -> None:
    """Put a `health` reading every `settings.heartbeat_s` seconds, for ever."""
    await clock.sleep(min(FIRST_AFTER_S, settings.heartbeat_s))
    while True:
        body = device_health(settings.outbox_path.parent) | link_health(link.health())
        for source in sources:
            body |= source()
        try:
            link.put(Reading("health", body, clock.boot_ms()))
        except MalformedMessage as error:
            logger.error("event=health_refused why=%s", error)  # noqa: TRY400 - one sentence
        await clock.sleep(settings.heartbeat_s)


def link_health(health: LinkHealth) -> dict[str, object]:
    """The fields of `health` that the link itself knows."""
    body: dict[str, object] = {
        "outbox_depth": health.depth,
        "outbox_age_s": min(health.oldest_age_s or 0.0, MAX_AGE_S),
    }
    if health.round_trip_s is not None:
        body["link_round_trip_s"] = round(health.round_trip_s, 4)
    return body


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

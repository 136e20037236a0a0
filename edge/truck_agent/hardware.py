"""Which devices a vehicle has: its receiver, and the board the agent runs on."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

from contract.clock import Clock
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import PositionSource
from edge.truck_agent.config import PositionConfig

SYSFS = Path("/sys/class")


def position_source(
    config: PositionConfig, clock: Clock, chance: random.Random, dates: DateWindow = LIVE_DATES
) -> PositionSource:
    """The receiver that the configuration names; only its driver is loaded."""
    if config.source == "gpsd":
        from edge.drivers.gpsd import GpsdSource  # noqa: PLC0415 - memory of the Pi

        return GpsdSource(config.host, config.host_port, clock, chance, dates)
    from edge.drivers.nmea_serial import NmeaSerialSource  # noqa: PLC0415 - memory of the Pi

    return NmeaSerialSource(config.port, config.baud, clock, chance, dates)


class Board:
    """What the machine says of itself; what it cannot say is left out."""

    def __init__(self, data: Path, sysfs: Path = SYSFS) -> None:
        self._data = data
        self._sysfs = sysfs

    def readings(self) -> dict[str, object]:
        """Fields of a `health` message: temperature, undervoltage, free disk."""
        readings: dict[str, object] = {}
        with contextlib.suppress(OSError, ValueError):
            celsius = int(_text(self._sysfs / "thermal/thermal_zone0/temp")) / 1_000
            if -60 <= celsius <= 150:
                readings["temperature_c"] = round(celsius, 1)
        for sensor in sorted(self._sysfs.glob("hwmon/hwmon*")):
            with contextlib.suppress(OSError, ValueError):
                if _text(sensor / "name") == "rpi_volt":
                    readings["undervoltage"] = _text(sensor / "in0_lcrit_alarm") == "1"
        with contextlib.suppress(OSError):
            disk = os.statvfs(self._data)
            readings["disk_free_bytes"] = disk.f_bavail * disk.f_frsize
        return readings


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()

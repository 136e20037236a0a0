"""Which devices a vehicle has. The board it runs on is told by the link."""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import PositionSource
from edge.truck_agent.config import PositionConfig


def position_source(
    config: PositionConfig, clock: Clock, chance: random.Random, dates: DateWindow = LIVE_DATES
) -> PositionSource:
    """The receiver that the configuration names; only its driver is loaded."""
    if config.source == "gpsd":
        from edge.drivers.gpsd import GpsdSource  # noqa: PLC0415 - memory of the Pi

        return GpsdSource(config.host, config.host_port, clock, chance, dates)
    from edge.drivers.nmea_serial import NmeaSerialSource  # noqa: PLC0415 - memory of the Pi

    return NmeaSerialSource(config.port, config.baud, clock, chance, dates)

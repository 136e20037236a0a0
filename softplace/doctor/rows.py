"""The checks, in the order of the report: a check is one function and one row here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from softplace.doctor import (
    board,
    broker,
    card_readers,
    gpsd,
    identity,
    lines,
    machine,
    orphans,
    sensors,
    serial_port,
    stores,
    wifi,
)
from softplace.doctor.finding import Finding
from softplace.doctor.subject import Subject


class Check(NamedTuple):
    """A name as the report shows it, and the function that looks."""

    name: str
    look: Callable[[Subject], Awaitable[Finding]]
    needs: str | None = None
    """Name of a check without which this one has nothing to look at."""


CHECKS = (
    Check("python", machine.python_version),
    Check("disk", machine.disk),
    Check("clock", machine.clock),
    Check("rtc", board.rtc),
    Check("board secret", board.secret),
    Check("identity", identity.identity),
    Check("serial ports", serial_port.serial_ports),
    Check("receiver", serial_port.nmea),
    Check("gpsd", gpsd.gpsd),
    Check("wifi", wifi.wifi),
    Check("gpio", lines.gpio),
    Check("relay guard", lines.relay_guard, needs="gpio"),
    Check("card reader", card_readers.pn532),
    Check("pc/sc", card_readers.pcsc),
    Check("osdp", card_readers.osdp),
    Check("radar", sensors.radar),
    Check("broker", broker.answers),
    Check("broker kind", broker.kind, needs="broker"),
    Check("broker limits", broker.limits, needs="broker"),
    Check("orphans", orphans.orphans, needs="broker"),
    Check("influxdb", stores.influx),
    Check("stores", stores.embedded_store),
    Check("outbox", stores.outbox),
)

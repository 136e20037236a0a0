"""To whom a unit's sealed messages go: the device that serves it now."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices.registry import Device
from backend.devices.sealing import Addressee
from backend.records.statements import query
from contract.topics import Unit

# Which assignment stands is a matter of the moment, and a planned one must not get today's rights.
_SERVING = """
SELECT d.device, d.machine_serial, d.box_public, d.enrolled_ms FROM device_assignment a
JOIN device d ON d.device = a.device
WHERE a.unit = ? AND a.from_ms <= ? AND (a.until_ms IS NULL OR a.until_ms > ?)
AND d.ended_ms IS NULL
"""


def serving(connection: Connection, unit: Unit, now_ms: int) -> Device | None:
    """The device that serves `unit` now."""
    rows = query(connection, _SERVING, (str(unit), now_ms, now_ms))
    if not rows:
        return None
    name, serial, box, enrolled_ms = rows[0]
    return Device(name, serial, bytes.fromhex(box), enrolled_ms)


def addressee_of(
    connection: Connection, territory: str, unit: Unit, now_ms: int
) -> Addressee | None:
    """Whom to seal for; None where no enrolled device serves `unit` now."""
    device = serving(connection, unit, now_ms)
    return device and Addressee(territory, unit, device.box_public)

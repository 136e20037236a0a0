"""`softplace device list`: which machine is in which unit, and which unit does what."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from softplace.device.options import Server, opened, server_options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backend.devices.registry import Device


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--all", action="store_true", help="also those out of service")
    server_options(parser)
    parser.epilog = "example:\n  softplace device list --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or one JSON object."""
    with opened(arguments) as server:
        known = gather(server, ended=arguments.all)
    if arguments.json:
        print(json.dumps(known))
        return 0
    for device in known["devices"]:
        end = f"out of service ({device['end_reason']})" if device["ended_ms"] else ""
        expires_ms = device["certificate_expires_ms"]
        until = f"certificate until {_day(expires_ms)}" if expires_ms else "no certificate"
        print(f"{device['unit'] or '-':20} {device['device']:18} {until}  {end}")
    for duty in known["duties"]:
        print(f"{duty['unit']:20} on duty {duty['duty']} from {_minute(duty['from_ms'])}")
    if not known["devices"]:
        print("no device yet: softplace device invite KIND/ID")
    return 0


def gather(server: Server, *, ended: bool) -> dict[str, Any]:
    """Devices with their units, and duties that stand or are planned; times in ms."""
    from backend.devices.assignments import duties_assigned  # noqa: PLC0415 - never on a device
    from backend.devices.registry import read_devices  # noqa: PLC0415
    from backend.records.transaction import reading  # noqa: PLC0415

    now_ms = server.now_ms
    with reading(server.records) as connection:
        devices = [
            _device(connection, device, now_ms)
            for device in read_devices(connection)
            if ended or device.ended_ms is None
        ]
        duties = [
            {
                "duty": row.subject,
                "unit": row.unit,
                "from_ms": row.from_ms,
                "until_ms": row.until_ms,
            }
            for row in duties_assigned(connection)
            if row.until_ms is None or row.until_ms > now_ms
        ]
    return {"devices": devices, "duties": duties}


def _device(connection: Connection, device: Device, now_ms: int) -> dict[str, Any]:
    from backend.devices.assignments import unit_of  # noqa: PLC0415 - as above
    from backend.devices.registry import certificates_of  # noqa: PLC0415

    certificates = certificates_of(connection, device.device)
    return {
        "device": device.device,
        "unit": unit_of(connection, device.device, now_ms),
        "machine_serial": device.machine_serial,
        "enrolled_ms": device.enrolled_ms,
        "certificate_expires_ms": certificates[0].expires_ms if certificates else None,
        "ended_ms": device.ended_ms,
        "end_reason": device.end_reason,
    }


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1_000, dt.UTC).date().isoformat()


def _minute(at_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(at_ms / 1_000).astimezone()
    return moment.isoformat(timespec="minutes")

"""`softplace device revoke`: a lost or stolen device is nobody from now on."""

from __future__ import annotations

import argparse
import json

from contract.errors import InvalidUnit
from contract.topics import parse_unit
from softplace.device.options import opened, server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("device", metavar="DEVICE", help="d-... of `device list`, or its KIND/ID")
    parser.add_argument("--reason", default="lost", metavar="WORD", help="for the record (lost)")
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace device revoke reader/mende --reason stolen"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Revoke its certificates, end its service, write the list for the broker."""
    from backend.devices.assignments import device_in  # noqa: PLC0415 - never on a device
    from backend.devices.authority import open_authority  # noqa: PLC0415
    from backend.devices.errors import UnknownDevice  # noqa: PLC0415
    from backend.devices.registry import end_service, read_device  # noqa: PLC0415
    from backend.devices.revocation import write_revocations  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    with opened(arguments) as server:
        now_ms, settings = server.now_ms, server.settings
        authority = open_authority(settings.data_directory, settings.territory, now_ms)
        with writing(server.records) as connection:
            named = arguments.device
            name = device_in(connection, named, now_ms) if _is_unit(named) else named
            device = read_device(connection, name) if name else None
            if device is None or device.ended_ms is not None:
                raise UnknownDevice(named)
            end_service(connection, device.device, arguments.reason[:20], now_ms)
        path = write_revocations(server.records, authority, settings.data_directory, now_ms)
    if arguments.json:
        print(json.dumps({"device": device.device, "revocations": str(path)}))
    else:
        print(f"{device.device} is out of service; the broker reads {path}")
    return 0


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except InvalidUnit:
        return False
    return True

"""`softplace device invite`: a one-time code for a unit."""

from __future__ import annotations

import argparse
import json

from softplace.device.options import opened, server_options, unit_of, unit_option
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    unit_option(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace device invite bus/b1 --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the code; it cannot be shown again."""
    from backend.devices.authority import common_name  # noqa: PLC0415 - never on a device
    from backend.devices.invitations import LIFE_MS, invite  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415
    from contract.enrolment import shown_code  # noqa: PLC0415

    unit = unit_of(arguments)
    with opened(arguments) as server:
        if server.settings.devices.broker_url is None:
            raise CommandFailed(
                f"{arguments.config}: devices would not know the broker; add"
                ' [devices] broker_url = "mqtts://HOST:8883"'
            )
        common_name(server.settings.territory, unit)
        with writing(server.records) as connection:
            code = shown_code(invite(connection, str(unit), server.now_ms))
    minutes = LIFE_MS // 60_000
    if arguments.json:
        print(json.dumps({"unit": str(unit), "code": code, "minutes": minutes}))
    else:
        print(f"{code}\n\nfor {unit}, once, within {minutes} minutes; on the device:")
        print(f"  sudo softplace device enrol --server https://HOST --code {code}")
    return 0

"""`softplace device retire`: a unit ends, and nothing of it stays behind."""

from __future__ import annotations

import argparse
import json

from softplace.device.asking import ask, configure_asking
from softplace.device.options import opened, unit_of

WAIT_S = 15.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    configure_asking(parser)
    parser.set_defaults(wait=WAIT_S, run=run)
    parser.epilog = (
        "example:\n  softplace device retire bus/b9 --config /etc/softplace/softplace.toml"
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell the device to forget itself, then end the unit whether it answered or not."""
    from backend.devices.authority import open_authority  # noqa: PLC0415 - never on a device
    from backend.devices.retirement import retire  # noqa: PLC0415
    from backend.devices.revocation import write_revocations  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    unit = str(unit_of(arguments))
    with opened(arguments) as server:
        state = ask(server, unit, "retire", {}, arguments.wait).row.state
        settings = server.settings
        authority = open_authority(settings.data_directory, settings.territory, server.now_ms)
        with writing(server.records) as connection:
            retire(connection, unit, server.now_ms)
        write_revocations(server.records, authority, settings.data_directory, server.now_ms)
    forgot = state == "done"
    if arguments.json:
        print(json.dumps({"unit": unit, "device_forgot_itself": forgot}))
    else:
        device = "its device forgot itself" if forgot else "its device did not answer"
        print(f"{unit} is retired; {device}; dispatch clears what it left at the broker")
    return 0

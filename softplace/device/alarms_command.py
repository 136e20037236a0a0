"""`softplace device alarms`: people in distress, and who is asked for them."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from typing import Any

from softplace.device.options import Server, opened, server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    server_options(parser)
    parser.epilog = "example:\n  softplace device alarms --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or one JSON object."""
    with opened(arguments) as server:
        alarms = gather(server)
    if arguments.json:
        print(json.dumps({"alarms": alarms}))
        return 0
    for one in alarms:
        until = f", next at {_minute(one['deadline_ms'])}" if one["deadline_ms"] else ""
        print(
            f"{one['unit']:20} {one['alarm']:18} {one['reference']:18} {one['step']}"
            f" since {_minute(one['since_ms'])}{until}: {one['who']}"
        )
    if not alarms:
        print("nobody is in distress")
    return 0


def gather(server: Server) -> list[dict[str, Any]]:
    """Everybody that somebody is asked for or is on; times in ms."""
    from backend.devices.distress_rows import read_asked  # noqa: PLC0415 - never on a device
    from backend.devices.ladder import deadline_ms  # noqa: PLC0415
    from backend.records.transaction import reading  # noqa: PLC0415

    rules = server.settings.distress
    with reading(server.records) as connection:
        asked = read_asked(connection)
    return [
        {
            "unit": one.unit,
            "alarm": one.alarm,
            "reference": one.reference,
            "step": one.asking.step,
            "who": one.asking.acknowledged_by or rules.who(one.asking.step or "taken"),
            "since_ms": one.asking.since_ms,
            "deadline_ms": deadline_ms(one.alarm, one.asking, rules),
        }
        for one in asked
    ]


def _minute(at_ms: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms / 1_000, dt.UTC).astimezone():%Y-%m-%d %H:%M}"

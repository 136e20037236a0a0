"""`softplace device acknowledge`: somebody is on it; the unit is told and the asking ends."""

from __future__ import annotations

import argparse
import json

from softplace.device.options import (
    opened,
    server_options,
    territory_now_ms,
    unit_of,
    unit_option,
    who,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    unit_option(parser)
    parser.add_argument("reference", metavar="REFERENCE", help="of `softplace device alarms`")
    parser.add_argument(
        "--by", metavar="NAME", help="name or role that answers; who is logged in by default"
    )
    parser.add_argument(
        "--over",
        action="store_true",
        help="somebody has spoken with the person: end the alarm, whatever the unit says",
    )
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace device acknowledge bus/b1 sos-5f2c61 --by astreinte"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the answer down and order it to the unit, in one transaction."""
    from backend.devices import distress  # noqa: PLC0415 - never on a device
    from backend.records.transaction import writing  # noqa: PLC0415

    unit, by = str(unit_of(arguments)), arguments.by or who()
    answer = distress.end if arguments.over else distress.acknowledge
    with opened(arguments) as server, writing(server.records) as connection:
        now_ms = territory_now_ms()
        answered = answer(connection, unit, arguments.reference, by, now_ms, server.now_ms)
    asking = answered.asking
    if arguments.json:
        known = {"unit": unit, "alarm": answered.alarm, "reference": answered.reference}
        state = "over" if arguments.over else "acknowledged"
        answer_known = {"by": asking.acknowledged_by, "at_ms": asking.acknowledged_ms}
        print(json.dumps(known | {"state": state} | answer_known))
    else:
        what = "is over" if arguments.over else "is acknowledged"
        print(f"{unit}: {answered.alarm} {answered.reference} {what} by {asking.acknowledged_by}")
    return 0

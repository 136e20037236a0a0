"""`softplace card holiday`: a day that differs from the public holidays, here."""

from __future__ import annotations

import argparse
import datetime as dt
import json

from softplace.card.desk import open_desk
from softplace.device.options import server_options
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("date", metavar="DATE", help="2026-12-24")
    parser.add_argument("--name", default="", help="for people, for example fête votive")
    parser.add_argument("--worked", action="store_true", help="a public holiday that is worked")
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card holiday 2026-08-16 --name 'fête votive'"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write it down and ring at every door."""
    from backend.access.door_records import read_addressees  # noqa: PLC0415 - never on a device
    from backend.access.grant_records import put_holiday, ring  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    try:
        date = dt.date.fromisoformat(arguments.date).isoformat()
    except ValueError as error:
        raise CommandFailed(f"{arguments.date!r} is no date; write 2026-12-24", 2) from error
    observed = not arguments.worked
    with open_desk(arguments) as desk, writing(desk.server.records) as connection:
        put_holiday(connection, date, arguments.name[:80], observed=observed)
        ring(connection, read_addressees(connection), desk.now_ms)
    if arguments.json:
        print(json.dumps({"date": date, "holiday": observed}))
    else:
        print(f"{date} is {'a holiday' if observed else 'worked'} here")
    return 0

"""`softplace device assign`: a unit takes over a duty, now or from a given time on."""

from __future__ import annotations

import argparse
import datetime as dt
import json

from contract.topics import is_slug
from softplace.device.options import opened, server_options, unit_of, unit_option
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    unit_option(parser)
    parser.add_argument("--duty", required=True, metavar="ID", help="for example ligne-3")
    parser.add_argument(
        "--from", dest="begin", metavar="TIME", help="2026-11-25T06:00, local time; now by default"
    )
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace device assign bus/b2 --duty ligne-3 --from 2026-11-25T06:00"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the assignment down; the unit before has the duty until then."""
    from backend.devices.assignments import put_unit_on, unit_on  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    unit = str(unit_of(arguments))
    if not is_slug(arguments.duty):
        raise CommandFailed(
            "a duty is 1 to 40 of a-z, 0-9 and inner dashes, for example ligne-3", 2
        )
    with opened(arguments) as server:
        from_ms = server.now_ms if arguments.begin is None else _moment_ms(arguments.begin)
        with writing(server.records) as connection:
            before = unit_on(connection, arguments.duty, from_ms)
            put_unit_on(connection, unit, arguments.duty, from_ms)
    known = {"duty": arguments.duty, "unit": unit, "from_ms": from_ms, "before": before}
    if arguments.json:
        print(json.dumps(known))
    else:
        instead = f" instead of {before}" if before not in {None, unit} else ""
        print(f"{unit} does {arguments.duty}{instead}")
    return 0


def _moment_ms(text: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"--from {text!r}: write 2026-11-25T06:00", 2) from error
    return int(moment.astimezone(dt.UTC).timestamp() * 1_000)

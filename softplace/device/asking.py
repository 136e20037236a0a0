"""Order a command and wait for its answer: rows in the records store, whoever carries them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.clock import Clock, SystemClock
from softplace.device.options import Server, opened, server_options, unit_of, unit_option, who
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from backend.devices.command_rows import OrderedCommand

WAIT_S = 60.0
LOOK_EVERY_S = 0.2
SAY_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """How a command ended and what it printed."""

    row: OrderedCommand
    text: str


def configure_asking(parser: argparse.ArgumentParser) -> None:
    """Options of every subcommand that asks a device."""
    unit_option(parser)
    parser.add_argument(
        "--wait", type=float, default=WAIT_S, metavar="SECONDS", help="for the answer (60)"
    )
    server_options(parser)


def run_asking(arguments: argparse.Namespace, command: str, **told: Any) -> int:
    """Order `command`, print what came back; 0 where it is done."""
    with opened(arguments) as server:
        answered = ask(server, str(unit_of(arguments)), command, told, arguments.wait)
    row = answered.row
    if arguments.json:
        known = {"unit": row.unit, "command": row.command, "answer": row.state}
        print(json.dumps(known | {"reason": row.reason, "text": answered.text}))
    elif answered.text:
        sys.stdout.write(answered.text)
    elif row.state in {"done", "certified"}:
        print(f"{row.unit}: {command} is done")
    if row.state not in {"done", "certified"}:
        raise CommandFailed(in_words(row, arguments.wait))
    return 0


def ask(
    server: Server,
    unit: str,
    command: str,
    told: Mapping[str, Any],
    wait_s: float,
    clock: Clock | None = None,
) -> Answered:
    """Order and wait at most `wait_s`; the last word known is returned."""
    from backend.devices.command_rows import order, read_command, text_of  # noqa: PLC0415
    from backend.devices.renewal import is_settled  # noqa: PLC0415
    from backend.records.transaction import reading, writing  # noqa: PLC0415

    with writing(server.records) as connection:
        nonce = order(
            connection, unit, command, told, who(), server.now_ms, int(wait_s * 1_000) or 1
        )
    real = clock or SystemClock()
    begun_s = real.monotonic_s()
    said = False
    while True:
        with reading(server.records) as connection:
            row = read_command(connection, nonce)
            text = None if row is None else text_of(connection, row)
        if row is None:
            raise CommandFailed("the command is gone from the records store; give it again")
        waited_s = real.monotonic_s() - begun_s
        if (is_settled(row) and text is not None) or waited_s >= wait_s:
            return Answered(row, text or "")
        if waited_s > SAY_AFTER_S and not said:
            print(f"waiting for {unit} ...", file=sys.stderr)
            said = True
        # A person waits here; there is no event loop to keep alive.
        asyncio.run(real.sleep(LOOK_EVERY_S))


def in_words(row: OrderedCommand, wait_s: float) -> str:
    """Why a command is not done, and what to do."""
    match row.state:
        case "waiting":
            return "nobody sends commands: start `softplace serve dispatch`"
        case "sent" | "expired":
            return f"{row.unit} did not answer within {wait_s:.0f} s; it may be without network"
        case "received":
            return f"{row.unit} is still at it after {wait_s:.0f} s; wait longer with --wait"
        case _:
            return f"{row.unit}: {row.command} {row.state}: {row.reason or 'no reason given'}"

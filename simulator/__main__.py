"""`python -m simulator`: let a territory live against a broker, on the clock of the run.

The clock is the triple in SOFTPLACE_CLOCK (real start, simulated start, rate); without it the
vehicles live in real time.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from contract.broker_url import parse_broker_url
from contract.clock import clock_from_text
from contract.errors import ContractError
from contract.territory_file import load_territory
from simulator.accounts import load_accounts
from simulator.door import load_doors
from simulator.errors import SimulatorError
from simulator.radio import load_shadows, radio_file_of
from simulator.service import LivingTerritory

EXAMPLE = (
    "example:\n  SOFTPLACE_CLOCK=1790000000000,1789000000000,4 python -m simulator \\\n"
    "      --broker mqtt://127.0.0.1:1883 --data /tmp/vehicles"
)
DEMONSTRATION = Path(__file__).parent / "territories" / "lozere.json"


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or, where asked, the end of standard input."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        living = _living(arguments)
    except (ContractError, SimulatorError, ValueError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    asyncio.run(_until_stopped(living, stop_with_stdin=arguments.stop_with_stdin))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Let a territory live against a broker.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--territory", type=Path, default=DEMONSTRATION, metavar="FILE")
    parser.add_argument(
        "--radio", type=Path, metavar="FILE", help="radio shadows (beside the territory file)"
    )
    parser.add_argument("--broker", required=True, metavar="URL")
    parser.add_argument(
        "--accounts", type=Path, metavar="FILE", help="JSON: a user name and password per unit"
    )
    parser.add_argument(
        "--doors", type=Path, metavar="FILE", help="JSON: doors that `softplace up` prepared"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="outboxes")
    parser.add_argument("--seed", type=int, default=1, help="of delays and errors (1)")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="end when standard input closes"
    )
    return parser


def _living(arguments: argparse.Namespace) -> LivingTerritory:
    territory_file: Path = arguments.territory
    return LivingTerritory(
        territory=load_territory(territory_file),
        shadows=load_shadows(arguments.radio or radio_file_of(territory_file)),
        broker=parse_broker_url(arguments.broker),
        accounts=load_accounts(arguments.accounts) if arguments.accounts else {},
        data=arguments.data,
        clock=clock_from_text(os.environ.get("SOFTPLACE_CLOCK")),
        seed=arguments.seed,
        doors=load_doors(arguments.doors) if arguments.doors else (),
    )


async def _until_stopped(living: LivingTerritory, *, stop_with_stdin: bool) -> None:
    work = asyncio.ensure_future(living.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    if stop_with_stdin:
        loop.add_reader(sys.stdin, lambda: None if os.read(0, 1_024) else _closed(loop, work))
    with suppress(asyncio.CancelledError):
        await work


def _closed(loop: asyncio.AbstractEventLoop, work: asyncio.Future[None]) -> None:
    loop.remove_reader(sys.stdin)
    work.cancel()


if __name__ == "__main__":
    sys.exit(main())

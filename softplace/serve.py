"""`softplace serve`: one backend service alone, as the units of deploy/systemd start it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from softplace.failure import CommandFailed

SERVICES = ("ingest", "web", "dispatch", "all")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings (TOML)"
    )
    parser.epilog = "example:\n  softplace serve ingest --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for talkative in ("alembic", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    return asyncio.run(_serve(arguments.service, arguments.config))


async def _serve(service: str, config: Path) -> int:
    # Imported here: an agent or a `--help` never pays for the backend.
    from backend.app import ALL_SERVICES, Backend  # noqa: PLC0415
    from backend.settings import load_settings  # noqa: PLC0415
    from contract.clock import clock_from_text  # noqa: PLC0415
    from softplace.sentences import sentence_of  # noqa: PLC0415

    try:
        settings = load_settings(config)
        clock = clock_from_text(os.environ.get("SOFTPLACE_CLOCK"))
        services = ALL_SERVICES if service == "all" else (service,)
        # Jitter needs no secret: a system generator is only the easiest seed.
        backend = Backend(settings, clock, random.SystemRandom(), services)
        await run_until_signalled(backend.run())
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise CommandFailed(sentence) from error
    return 0


async def run_until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends or SIGTERM or SIGINT asks for a clean stop."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task

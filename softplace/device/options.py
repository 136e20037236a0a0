"""Options that several subcommands share, and the store they work on."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract.clock import SystemClock, clock_from_text
from contract.errors import InvalidUnit
from contract.topics import Unit, parse_unit
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Server:
    """The installation that a subcommand works on."""

    settings: Settings
    records: Engine

    @property
    def now_ms(self) -> int:
        """Real time: identities do not live in a simulation."""
        return SystemClock().now_ms()


def server_options(parser: argparse.ArgumentParser) -> None:
    """Which installation, and how to print."""
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings of the backend (TOML)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def unit_option(parser: argparse.ArgumentParser) -> None:
    """Which unit."""
    parser.add_argument("unit", metavar="KIND/ID", help="for example bus/b1")


def unit_of(arguments: argparse.Namespace) -> Unit:
    """The unit that was named. Raises CommandFailed (wrong use)."""
    try:
        return parse_unit(arguments.unit)
    except InvalidUnit as error:
        raise CommandFailed(str(error), 2) from error


@contextlib.contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Server]:
    """The installation of `--config`; what its parts raise becomes one sentence."""
    from backend.devices.errors import DevicesError  # noqa: PLC0415 - never on a device
    from backend.records.errors import RecordsError  # noqa: PLC0415
    from backend.records.open import open_records  # noqa: PLC0415
    from backend.settings import InvalidSettings, load_settings  # noqa: PLC0415

    try:
        settings = load_settings(arguments.config)
        settings.data_directory.mkdir(parents=True, exist_ok=True)
        records = open_records(settings.records_url)
        try:
            yield Server(settings, records)
        finally:
            records.dispose()
    except (InvalidSettings, RecordsError, DevicesError) as error:
        raise CommandFailed(str(error)) from error


def territory_now_ms() -> int:
    """The territory's time, simulated where the installation's is."""
    return clock_from_text(os.environ.get("SOFTPLACE_CLOCK")).now_ms()


def who() -> str:
    """The person at the keyboard, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

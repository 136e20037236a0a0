"""The installation that a subcommand works on, with its vault; faults become one sentence."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.clock import Clock, clock_from_text
from softplace.card.secrecy import leave_no_core
from softplace.device.options import Server, opened, who
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from backend.access.desk import Author
    from backend.access.vault import Vault


@dataclass(frozen=True, slots=True)
class CardDesk:
    """Records, vault and the person at the keyboard."""

    server: Server
    vault: Vault
    clock: Clock

    @property
    def now_ms(self) -> int:
        """The territory's time, simulated where the installation's is."""
        return self.clock.now_ms()

    @property
    def author(self) -> Author:
        """Who does it, now."""
        from backend.access.desk import Author  # noqa: PLC0415 - never on a device

        return Author(who(), self.now_ms)


@contextlib.contextmanager
def open_desk(arguments: argparse.Namespace) -> Iterator[CardDesk]:
    """The installation of `--config`. Raises CommandFailed."""
    from backend.access.errors import AccessError  # noqa: PLC0415 - never on a device
    from backend.access.keys import open_vault  # noqa: PLC0415

    leave_no_core()
    with opened(arguments) as server:
        try:
            clock = clock_from_text(os.environ.get("SOFTPLACE_CLOCK"))
            yield CardDesk(server, open_vault(server.settings.data_directory), clock)
        except AccessError as error:
            raise CommandFailed(str(error)) from error


def moment_ms(text: str, option: str) -> int:
    """Local time as UTC milliseconds. Raises CommandFailed (wrong use)."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"{option} {text!r}: write 2026-11-25T18:00", 2) from error
    return int(moment.astimezone(dt.UTC).timestamp() * 1_000)


def shown(at_ms: int | None) -> str:
    """A moment for people, in local time."""
    if at_ms is None:
        return "-"
    return f"{dt.datetime.fromtimestamp(at_ms / 1_000, dt.UTC).astimezone():%Y-%m-%d %H:%M}"

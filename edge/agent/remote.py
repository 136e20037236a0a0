"""Remote help: the commands that every enrolled agent takes, and adds its own to.

An agent opens them and runs `Work("commands", commands.run)` where it is not None.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from contract.clock import Clock
from contract.streams import STREAMS
from edge.agent.commands import CommandLink, CommandResult, Commands
from edge.agent.config import AgentConfig
from edge.agent.identity import load_identity
from edge.agent.identity_files import (
    BOX_KEY,
    CERTIFICATE,
    NEXT,
    READABLE,
    RETIRED,
    SIGNERS,
    TLS_KEY,
    write_file,
)
from edge.agent.log_ring import LogRing
from edge.agent.nonces import NonceFile
from edge.agent.renewal import Renewal
from edge.agent.service import LastState

DEFAULT_LINES = 200
DOCTOR = (sys.executable, "-m", "softplace", "doctor")
"""Another process: what it imports would stay in the agent's memory."""


class HelpLink(CommandLink, Protocol):
    """What remote help asks of the link."""

    def announce(self, state: LastState) -> None: ...

    def clear_retained(self, stream: str) -> None: ...


class RemoteHelp:
    """Handlers of `logs`, `doctor`, `restart` and `retire`.

    Args:
        config: the agent's; its file is what doctor looks at.
        link: cleared when the unit is retired.
        stop: lets the agent end; systemd starts it again.
        forget: what the agent keeps beside its identity that a retired unit must not leave.
    """

    def __init__(
        self,
        config: AgentConfig,
        link: HelpLink,
        stop: Callable[[], None],
        forget: Callable[[], None],
    ) -> None:
        self._config = config
        self._link = link
        self._stop = stop
        self._forget = forget
        self._ring = LogRing()
        logging.getLogger().addHandler(self._ring)

    async def logs(self, arguments: dict[str, Any]) -> CommandResult:
        """The last `lines` of the log."""
        lines = arguments.get("lines", DEFAULT_LINES)
        if not isinstance(lines, int):
            return CommandResult("refused", "lines must be a number")
        return CommandResult("done", text=self._ring.last(lines))

    async def doctor(self, _: dict[str, Any]) -> CommandResult:
        """What `softplace doctor` says here; something to mend is no failure of the command."""
        config = [] if self._config.file is None else ["--config", str(self._config.file)]
        process = await asyncio.create_subprocess_exec(
            *DOCTOR,
            *config,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _nothing = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        text = said.decode(errors="replace")
        if process.returncode in {0, 1} and text:
            return CommandResult("done", text=text)
        return CommandResult("failed", f"doctor ended with {process.returncode}", text)

    async def restart(self, _: dict[str, Any]) -> CommandResult:
        """End; systemd starts the agent anew."""
        return CommandResult("done", then=self._stop)

    async def retire(self, _: dict[str, Any]) -> CommandResult:
        """Leave nothing retained, forget the keys, end for good."""
        # In this order: a state said before its topic is cleared is not retained.
        self._link.announce("offline")
        for stream in STREAMS:
            if stream.retained:
                self._link.clear_retained(stream.name)
        return CommandResult("done", then=self._end_for_good)

    def _end_for_good(self) -> None:
        self._forget()
        if self._config.identity_directory is not None:
            forget_identity(self._config.identity_directory)
        self._stop()


def stop_as_told() -> None:
    """End as if systemd had asked: the agent says goodbye, and is started again."""
    signal.raise_signal(signal.SIGTERM)


def forget_identity(directory: Path) -> None:
    """Remove what makes the device one of the territory, and say so to systemd's unit."""
    for name in (CERTIFICATE, TLS_KEY, BOX_KEY, SIGNERS, CERTIFICATE + NEXT, TLS_KEY + NEXT):
        (directory / name).unlink(missing_ok=True)
    write_file(directory / RETIRED, b"", READABLE)


def open_commands(
    config: AgentConfig,
    link: HelpLink,
    clock: Clock,
    *,
    stop: Callable[[], None] = stop_as_told,
    forget: Callable[[], None] = lambda: None,
    floor_ms: Callable[[], int] = lambda: 0,
) -> Commands | None:
    """Commands for the unit of `config`, remote help among them; None for a device without name.

    `floor_ms` tells a time that is surely past, where the agent remembers one over power cuts.
    Its file of nonces lies beside the outbox. Raises InvalidIdentity and CommandNotesFailed.
    """
    directory = config.identity_directory
    if directory is None:
        return None
    opener = load_identity(directory).seal_opener(config.territory, config.unit)
    nonces = NonceFile(config.outbox_path.with_suffix(".commands"))
    commands = Commands(link, opener, nonces, clock, floor_ms)
    help_ = RemoteHelp(config, link, stop, forget)
    commands.on("logs", help_.logs, clockless=True)
    commands.on("doctor", help_.doctor, clockless=True)
    commands.on("restart", help_.restart, clockless=True)
    commands.on("renew", Renewal(directory).handle, clockless=True)
    commands.on("retire", help_.retire)
    return commands

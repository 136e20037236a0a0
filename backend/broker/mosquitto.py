"""A private Mosquitto: started as a child, watched, restarted, and gone when we are gone."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from backend.broker.embedded import is_loopback
from backend.broker.errors import BrokerDidNotStart, BrokerPortInUse, BrokerWouldBeOpen
from backend.broker.model import Account, BrokerTls
from backend.broker.mosquitto_files import (
    SALT_BYTES,
    Places,
    config_text,
    passwords_text,
    rights_text,
)
from contract.broker_url import BrokerAddress
from contract.clock import Clock, SystemClock

START_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0
RESTART_PAUSE_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_SEARCHED = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/local/sbin")
"""Debian puts it where an ordinary user's PATH does not reach."""

_log = logging.getLogger("softplace.broker")


def find_mosquitto() -> str | None:
    """The Mosquitto of this machine, or None."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SEARCHED))
    return shutil.which("mosquitto", path=path)


class MosquittoBroker:
    """A Mosquitto child with generated configuration under `directory`.

    `clock` paces start and restart, so it is real time even in a simulated run. Raises
    BrokerWouldBeOpen. A child that dies is started again on the same port; what it held in
    memory is gone, which agents and backend survive.
    """

    def __init__(
        self,
        binary: str,
        directory: Path,
        port: int = 1883,
        accounts: Sequence[Account] = (),
        *,
        host: str = "127.0.0.1",
        tls: BrokerTls | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not accounts and not is_loopback(host):
            raise BrokerWouldBeOpen(host)
        self._binary = binary
        self._places = Places(directory)
        self._address = BrokerAddress(host, port, tls=tls is not None)
        self._accounts = tuple(accounts)
        self._tls = tls
        self._clock = clock or SystemClock()
        self._child: asyncio.subprocess.Process | None = None
        self._guard: asyncio.Task[None] | None = None
        self.restarts = 0
        """How often the child had to be started again."""

    @property
    def address(self) -> BrokerAddress:
        """Where it listens."""
        return self._address

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Return once it accepts connections. Raises BrokerPortInUse and BrokerDidNotStart."""
        host, port = self._address.host, _free(self._address.host, self._address.port)
        self._address = BrokerAddress(host, port, tls=self._tls is not None)
        self._write_files()
        await self._start_child()
        self._guard = asyncio.create_task(self._keep_running(), name="mosquitto")

    async def stop(self) -> None:
        """End the child; harmless if it never started."""
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.cancel()
            await asyncio.wait([guard])
        await self._end_child()

    async def _start_child(self) -> None:
        with self._places.log.open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                *_dying_with_us(),
                self._binary,
                "-c",
                str(self._places.config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the terminal is ours to handle: the ingest leaves first.
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while not await self._accepts():
                    if self._child.returncode is not None:
                        raise BrokerDidNotStart(self._binary, self._last_words())
                    await self._clock.sleep(0.02)
        except TimeoutError as error:
            await self._end_child()
            raise BrokerDidNotStart(self._binary, self._last_words()) from error

    async def _accepts(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self._address.host, self._address.port)
        except OSError:
            return False
        writer.close()
        return True

    async def _keep_running(self) -> None:
        attempt = 0
        while self._child is not None:
            code = await self._child.wait()
            self.restarts += 1
            if attempt == 0:
                _log.error("mosquitto ended, starting it again code=%d", code)
            try:
                await self._clock.sleep(RESTART_PAUSE_S[min(attempt, len(RESTART_PAUSE_S) - 1)])
                await self._start_child()
            except BrokerDidNotStart as error:
                if attempt == 0:
                    _log.error("mosquitto does not come back, still trying reason=%s", error.why)
                attempt += 1
            else:
                attempt = 0
                _log.info("mosquitto is back port=%d", self._address.port)

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None or child.returncode is not None:
            return
        child.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    def _write_files(self) -> None:
        self._places.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = (self._address.host, self._address.port)
        text = config_text(
            self._places, address, self._accounts, tls=self._tls, as_root=os.geteuid() == 0
        )
        salts = [secrets.token_bytes(SALT_BYTES) for _ in self._accounts]
        _write_private(self._places.config, text)
        _write_private(self._places.passwords, passwords_text(self._accounts, salts))
        certified = self._tls is not None and self._tls.ca_file is not None
        _write_private(self._places.rights, rights_text(self._accounts, certified=certified))

    def _last_words(self) -> str:
        try:
            lines = self._places.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it said nothing"


def _dying_with_us() -> list[str]:
    """A prefix by which the kernel ends the child when this process is killed.

    `setpriv` (util-linux) rather than code of ours between fork and exec, which threads forbid.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _free(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises BrokerPortInUse: Mosquitto's own word is unclear."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise BrokerPortInUse(host, port) from error
            raise BrokerDidNotStart("mosquitto", f"{host}:{port}: {error.strerror}") from error
        free: int = probe.getsockname()[1]
        return free

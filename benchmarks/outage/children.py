"""Programs that are started, killed without warning and started again."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """One program in its own process; its output goes to a file that is kept small."""

    def __init__(
        self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.env = dict(env or {})
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **extra_env: str) -> None:
        """Start it; `extra_env` holds for this life only. Raises RuntimeError where it runs."""
        if self.alive:
            raise RuntimeError(f"{self.name} runs already; a second one would fight the first")
        if self.log.exists() and self.log.stat().st_size > 4_000_000:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.env, **extra_env},
                preexec_fn=_die_with_parent,
            )
        self.starts += 1

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError before the first start."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """How it ended: minus the signal, or the exit code; None while it runs."""
        return self._process.returncode if self._process else None

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.alive:
            os.kill(self.pid, signal.SIGTERM)

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it ended within the time."""
        if self._process is None:
            return True
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), timeout_s)
        except TimeoutError:
            return False
        return True

    def last_words(self, lines: int = 15) -> str:
        """The end of its output, for a failure report."""
        if not self.log.exists():
            return ""
        return "\n".join(
            self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        )


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def until(condition: Callable[[], object], timeout_s: float, every_s: float = 0.02) -> bool:
    """Whether `condition()` came true within the time."""

    async def asked() -> bool:
        return bool(condition())

    return await eventually(asked, timeout_s, every_s)


async def eventually(
    condition: Callable[[], Awaitable[bool]], timeout_s: float, every_s: float = 0.03
) -> bool:
    """Whether `await condition()` came true within the time."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(every_s)
    return True

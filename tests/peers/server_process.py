"""A real server run by a test: started on loopback, killed as a power cut does, restarted.

Rules of this file: one child process of ours, its output in a file of the test's directory,
ended by its own id, never by name. Waiting means waiting for an answer or for its death.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract.clock import SystemClock

START_DEADLINE_S = 30.0
POLL_S = 0.02


class PeerFailed(RuntimeError):
    """A peer did not start or stop; carries the end of what it wrote."""


def binary_or_skip(name: str, package: str) -> str:
    """Path of `name`; the test is skipped with the reason where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (apt install {package})")
    return found


class ServerProcess:
    """A child process that answers at a port once it is ready."""

    def __init__(
        self, arguments: Callable[[], Sequence[str]], log: Path, answers: Callable[[], bool]
    ) -> None:
        self._arguments = arguments
        self._log = log
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id. Raises PeerFailed where it does not run."""
        if self._process is None:
            raise PeerFailed("the peer is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and return once it answers. Raises PeerFailed."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                list(self._arguments()), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = SystemClock().monotonic_s() + START_DEADLINE_S
        while not self._answers():
            try:
                code = self._process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                if SystemClock().monotonic_s() < deadline:
                    continue
                self.kill()
                raise PeerFailed(f"no answer in {START_DEADLINE_S} s: {self._tail()}") from None
            self._process = None
            raise PeerFailed(f"ended with {code}: {self._tail()}")

    def kill(self) -> None:
        """SIGKILL, as a power cut; returns when it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM and, where that does not help, SIGKILL; returns when it is gone."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze it: its port stays open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(number)
        self._signal(signal.SIGCONT)
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10.0)
        self._process = None

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-2_000:]

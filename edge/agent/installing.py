"""Wheels into a fresh virtual environment, and a program that starts from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.agent.errors import AgentError
from edge.agent.wheels import Wheels

INSTALL_WITHIN_S = 1_200.0


class InstallFailed(AgentError, RuntimeError):
    """The wheels could not be installed; the running version is untouched."""

    def __init__(self, version: str, why: str) -> None:
        self.version = version
        super().__init__(f"version {version} cannot be installed: {why}")


def install_wheels(wheels: Wheels, slot: Path) -> None:
    """Replace `slot` by an environment with exactly these wheels. Raises InstallFailed."""
    if slot.exists():
        shutil.rmtree(slot)
    python = str(slot / "bin" / "python")
    pip = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-cache-dir")
    files = tuple(str(path) for path in wheels.files)
    for step in (
        (sys.executable, "-m", "venv", str(slot)),
        (python, *pip, "--disable-pip-version-check", *files),
        (python, "-m", "softplace", "--version"),
    ):
        _take(step, wheels.version)


def _take(step: Sequence[str], version: str) -> None:
    try:
        done = subprocess.run(
            step, check=False, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallFailed(version, str(error)) from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise InstallFailed(version, last[0] if last else "it says nothing")

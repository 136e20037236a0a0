"""Which version a slot holds, and which of two is older.

Rules of this file: nothing is run, the names of directories tell. A signature does not grow old,
so an old version that was signed once must not come back unless somebody says so.
"""

from __future__ import annotations

import re
from pathlib import Path

from contract.wheelhouse import PROGRAM
from edge.agent.errors import AgentError

_RELEASE = re.compile(r"\d+(?:\.\d+)*")


class OlderVersion(AgentError, ValueError):
    """A version that was signed and has been replaced since."""

    def __init__(self, version: str, present: str) -> None:
        self.version = version
        self.present = present
        super().__init__(
            f"version {version} is older than {present}, which works here; nothing was changed "
            "(--older goes back on purpose)"
        )


def installed_version(slot: Path) -> str | None:
    """The version of the program in the environment `slot`, None where none is seen."""
    pattern = f"lib/python*/site-packages/{PROGRAM}-*.dist-info"
    names = [path.name.removesuffix(".dist-info") for path in slot.glob(pattern)]
    return names[0].removeprefix(f"{PROGRAM}-") if len(names) == 1 else None


def refuse_older(version: str, present: str | None) -> None:
    """Raises OlderVersion; releases are compared, what stands behind their numbers is not."""
    if present is not None and _release(version) < _release(present):
        raise OlderVersion(version, present)


def _release(version: str) -> tuple[int, ...]:
    matched = _RELEASE.match(version)
    numbers = [int(part) for part in matched[0].split(".")] if matched else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)

"""How far an update is, so that it can be taken up after a power cut. Pure but for its file.

Rules of this file: the state is written before the step that it names is taken, and every step
may be taken twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from edge.agent.identity_files import READABLE, write_file

Step = Literal["installing", "trying", "keeping", "rolling_back", "over"]
Result = Literal["healthy", "rolled_back", "interrupted", "refused"]
FILE = "update.json"
MOST_BOOTS = 2
"""A version that took the machine down while it was tried gets one more boot, not a third."""


@dataclass(frozen=True, slots=True)
class UpdateState:
    """The step that is being taken or, when it is over, the result."""

    step: Step
    slot: str
    version: str
    boots: int = 0
    """How often the machine was started while it was tried."""
    result: Result | None = None
    reason: str = ""


def read_state(root: Path) -> UpdateState | None:
    """The state of the last update; None where there was none or its file is damaged."""
    try:
        told = json.loads((root / FILE).read_text(encoding="utf-8"))
        state = UpdateState(**told)
    except (OSError, ValueError, TypeError):
        return None
    return state if state.step in get_args(Step) else None


def write_state(root: Path, state: UpdateState) -> None:
    """Keep it, synced on return. Raises OSError."""
    write_file(root / FILE, json.dumps(asdict(state), indent=1).encode(), READABLE)

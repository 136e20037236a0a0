"""What a retired unit must not leave: every key of every card, and what they open.

Loads nothing, so that an agent whose co-pass is not loaded can forget it too.
"""

from __future__ import annotations

import logging
from pathlib import Path

SEALED = ("rights", "floor", "time")
"""Files at rest, by their purpose."""
SUFFIX = ".sealed"

_log = logging.getLogger(__name__)


def forget_copass(directory: Path) -> None:
    """Remove what is sealed there. The journal stays, nameless: it is still to be handed over."""
    for name in SEALED:
        path = directory / f"{name}{SUFFIX}"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("copass=not_forgotten path=%s why=%s", path, error.strerror)

"""Two places for a program, and which of them is used: `current` and `good` are symlinks.

Rules of this file: a link is replaced by one rename, so at any moment it points to a whole slot.
`good` is the last version that proved healthy and is never touched while another is tried.
"""

from __future__ import annotations

from pathlib import Path

from edge.agent.identity_files import sync_directory

SLOTS = ("a", "b")
CURRENT = "current"
GOOD = "good"


class Slots:
    """The slots under `root`, usually /opt/softplace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def named(self, link: str) -> str | None:
        """Which slot `link` points to, None where there is no such link."""
        try:
            return (self.root / link).readlink().name
        except OSError:
            return None

    def idle(self) -> str:
        """The slot that may be overwritten: never the one that is good."""
        return next(slot for slot in SLOTS if slot != self.named(GOOD))

    def path(self, slot: str) -> Path:
        """Where a slot lies."""
        return self.root / slot

    def point(self, link: str, slot: str) -> None:
        """Let `link` point to `slot`, at once and for good. Raises OSError."""
        beside = self.root / f"{link}.new"
        beside.unlink(missing_ok=True)
        beside.symlink_to(slot)
        beside.replace(self.root / link)
        sync_directory(self.root)

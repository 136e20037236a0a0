"""What must not outlive a process that has keys in its memory."""

from __future__ import annotations

import resource


def leave_no_core() -> None:
    """No memory image is written when this process dies, not even for a quit at the terminal.

    systemd-coredump, which gets images by a pipe, keeps to this limit as well.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

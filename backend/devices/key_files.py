"""Key files of the territory: made once, for their owner alone, never overwritten."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from backend.devices.errors import KeyUnusable

OWNER_ONLY = 0o600


def key_file(path: Path, draw: Callable[[], bytes]) -> bytes:
    """The content of `path`; where there is no such file, of a new one. Raises KeyUnusable.

    Two processes that start at once end with the same key.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path, draw())
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnusable(path, "others may read it; chmod 600 it")
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, KeyUnusable):
            raise
        raise KeyUnusable(path, error.strerror or str(error)) from error


def _create(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # Unlike a rename, a link does not replace what another process made meanwhile.
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        beside.unlink()

"""The files of an identity, and how they are replaced so that a power cut leaves a whole one.

Rules of this file: a file is written beside, synced and renamed. Key and certificate change
together: once `tls.crt.next` stands, the new pair is decided, and `finish_renewal` carries it out
however often it is interrupted.
"""

from __future__ import annotations

import os
from pathlib import Path

TLS_KEY = "tls.key"
CERTIFICATE = "tls.crt"
CA = "ca.pem"
BOX_KEY = "box.key"
SIGNERS = "signers.json"
NEXT = ".next"
RETIRED = "retired"
"""Stands where the unit is no more; the units of deploy/systemd do not start then."""
OWNER_ONLY = 0o600
READABLE = 0o644


def write_file(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Replace `path` at once, with the rights `mode`. Raises OSError."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames within `directory` outlast a power cut. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def finish_renewal(directory: Path) -> None:
    """Put the new key and certificate in place, if their change was decided. Raises OSError."""
    key = directory / (TLS_KEY + NEXT)
    certificate = directory / (CERTIFICATE + NEXT)
    if not certificate.exists():
        return
    if key.exists():
        key.replace(directory / TLS_KEY)
        sync_directory(directory)
    certificate.replace(directory / CERTIFICATE)
    sync_directory(directory)

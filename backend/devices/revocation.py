"""The revocation list as a file for the broker, written whenever somebody has lost his place.

Rules of this file: the list is made from the records store, so it is the same whoever writes it,
and it is written after the transaction that changed the store.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from backend.devices.authority import Authority
from backend.devices.errors import KeyUnusable
from backend.devices.registry import GivenCertificate, revoked_certificates
from backend.devices.signing_key import KEYS_DIRECTORY
from backend.records.transaction import reading

LIST_FILE = "devices.crl"


def write_revocations(engine: Engine, authority: Authority, data: Path, now_ms: int) -> Path:
    """Bring the list up to date; returns its file. Raises KeyUnusable."""
    written, revoked = None, _revoked(engine, now_ms)
    # Several processes write it: a list that was read before another's revocation must not stay.
    while written != revoked:
        path = _write(authority, data, revoked, now_ms)
        written, revoked = revoked, _revoked(engine, now_ms)
    return path


def _revoked(engine: Engine, now_ms: int) -> list[GivenCertificate]:
    with reading(engine) as connection:
        return revoked_certificates(connection, now_ms)


def _write(authority: Authority, data: Path, revoked: list[GivenCertificate], now_ms: int) -> Path:
    pem = authority.revocation_list([(row.serial, row.revoked_ms or 0) for row in revoked], now_ms)
    path = data / KEYS_DIRECTORY / LIST_FILE
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise KeyUnusable(path, error.strerror or str(error)) from error
    return path

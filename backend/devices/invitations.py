"""One-time codes by which a device may enrol for a unit."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from sqlalchemy import Connection

from backend.records.statements import execute_many, query
from contract.enrolment import ALPHABET, CODE_CHARACTERS, NAME_CHARACTERS, key_of

LIFE_MS = 15 * 60_000
MOST_WRONG_TRIES = 5
_COLUMNS = "invitation, unit, key_hash, expires_ms, wrong_tries, device, request_hash"
_PUT = f"INSERT INTO device_invitation ({_COLUMNS}) VALUES (?, ?, ?, ?, 0, NULL, NULL)"  # noqa: S608
_GET = f"SELECT {_COLUMNS} FROM device_invitation WHERE invitation = ?"  # noqa: S608 - our own words
_WRONG = "UPDATE device_invitation SET wrong_tries = wrong_tries + 1 WHERE invitation = ?"
_USED = """
UPDATE device_invitation SET device = ?, request_hash = ? WHERE invitation = ? AND device IS NULL
"""
_PRUNE = "DELETE FROM device_invitation WHERE expires_ms < ?"


class Invitation(NamedTuple):
    """A code as the store knows it: by the hash that both sides authenticate with, in hex."""

    invitation: str
    unit: str
    key_hash: str
    expires_ms: int
    wrong_tries: int
    device: str | None
    """The device that used it."""
    request_hash: str | None

    @property
    def is_burnt(self) -> bool:
        """Whether too many wrong codes were tried."""
        return self.wrong_tries >= MOST_WRONG_TRIES


def invite(connection: Connection, unit: str, now_ms: int) -> str:
    """A new code for `unit`; it is not kept and cannot be shown again."""
    execute_many(connection, _PRUNE, [(now_ms - LIFE_MS,)])
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))
        if read_invitation(connection, code[:NAME_CHARACTERS]) is None:
            row = (code[:NAME_CHARACTERS], unit, key_of(code).hex(), now_ms + LIFE_MS)
            execute_many(connection, _PUT, [row])
            return code


def read_invitation(connection: Connection, name: str) -> Invitation | None:
    """The invitation of that name, whatever its state."""
    rows = query(connection, _GET, (name,))
    return Invitation(*rows[0]) if rows else None


def count_wrong_try(connection: Connection, name: str) -> None:
    """A wrong code was tried."""
    execute_many(connection, _WRONG, [(name,)])


def mark_used(connection: Connection, name: str, device: str, request_hash: str) -> bool:
    """The invitation made `device`, and serves only its own request any more.

    False where another request was quicker: PostgreSQL lets two read an unused one at once.
    """
    execute_many(connection, _USED, [(device, request_hash, name)])
    found = read_invitation(connection, name)
    return found is not None and found.device == device

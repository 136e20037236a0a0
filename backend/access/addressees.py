"""Where the access room learns which device serves a unit now."""

from __future__ import annotations

import hashlib
from typing import Protocol

from sqlalchemy import Connection

from backend.devices.sealing import Addressee
from contract.topics import Unit


class AddresseeBook(Protocol):
    """The devices room, as far as this room needs it."""

    def __call__(self, connection: Connection, territory: str, unit: Unit) -> Addressee | None:
        """The device that serves `unit` now; None: none is in service."""
        ...


def fingerprint(addressee: Addressee) -> str:
    """Names a device's key in the records, 32 characters."""
    return hashlib.sha256(addressee.box_public).hexdigest()[:32]

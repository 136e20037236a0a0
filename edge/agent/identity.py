"""Who a device is: the keys that never leave it and what its territory gave it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contract.topics import Unit
from edge.agent.errors import InvalidIdentity
from edge.agent.identity_files import (
    BOX_KEY,
    CA,
    CERTIFICATE,
    SIGNERS,
    TLS_KEY,
    finish_renewal,
)

if TYPE_CHECKING:
    from edge.link.sealed import SealOpener

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """What `softplace device enrol` left in a directory.

    `box_key` is the X25519 private key, 32 bytes; `signers` are the territory's Ed25519 public
    keys, 32 bytes each, by key id.
    """

    directory: Path
    box_key: bytes = field(repr=False)
    signers: dict[str, bytes]

    @property
    def key_file(self) -> Path:
        """The private key of the TLS client certificate, PEM."""
        return self.directory / TLS_KEY

    @property
    def cert_file(self) -> Path:
        """The client certificate, PEM."""
        return self.directory / CERTIFICATE

    @property
    def ca_file(self) -> Path:
        """The authority that the broker's certificate must come from, PEM."""
        return self.directory / CA

    def seal_opener(self, territory: str, unit: Unit) -> SealOpener:
        """What opens the frames for this device. Raises InvalidIdentity."""
        from edge.link.sealed import SealOpener  # noqa: PLC0415 - memory of the Pi

        try:
            return SealOpener(territory, unit, self.box_key, self.signers)
        except ValueError as error:
            raise InvalidIdentity(self.directory, f"a key in it is none ({error})") from error


def load_identity(directory: Path) -> DeviceIdentity:
    """The identity in `directory`; a renewal that a power cut interrupted is finished first.

    Raises InvalidIdentity with the file that is missing or wrong.
    """
    try:
        finish_renewal(directory)
        box_key = (directory / BOX_KEY).read_bytes()
        told = json.loads((directory / SIGNERS).read_text(encoding="utf-8"))
        signers = {str(name): bytes.fromhex(key) for name, key in told.items()}
    except OSError as error:
        raise InvalidIdentity(directory, f"{error.filename}: {error.strerror}") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidIdentity(directory, f"{SIGNERS} is damaged ({error})") from error
    if len(box_key) != KEY_BYTES:
        raise InvalidIdentity(directory, f"{BOX_KEY} is {len(box_key)} bytes, not {KEY_BYTES}")
    if not signers or any(len(key) != KEY_BYTES for key in signers.values()):
        raise InvalidIdentity(directory, f"{SIGNERS} names no key, or one that is not 32 bytes")
    for name in (TLS_KEY, CERTIFICATE, CA):
        if not (directory / name).is_file():
            raise InvalidIdentity(directory, f"{name} is missing")
    return DeviceIdentity(directory, box_key, signers)

"""The territory's signing key: what goes down to devices is signed with it (Ed25519).

It is one file of 32 bytes beside the stores, `keys/signing.key`, for its owner alone. Devices
know its public half by `key_id`, the start of that half's hash.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.devices.errors import KeyUnusable
from backend.devices.key_files import key_file
from backend.devices.sealing import Signer

KEYS_DIRECTORY = "keys"
_BYTES = 32


def open_signer(data: Path) -> Signer:
    """The signing key of the installation whose data lie in `data`, made where there is none.

    Raises KeyUnusable.
    """
    path = data / KEYS_DIRECTORY / "signing.key"
    raw = key_file(path, lambda: os.urandom(_BYTES))
    if len(raw) != _BYTES:
        raise KeyUnusable(path, f"it has {len(raw)} bytes, not {_BYTES}")
    key = Ed25519PrivateKey.from_private_bytes(raw)
    public = key.public_key().public_bytes_raw()
    return Signer(f"ed25519-{hashlib.sha256(public).hexdigest()[:16]}", key)

"""What exactly is signed and bound when something is sealed to a device. Pure: bytes, no keys.

A body is encrypted to the device's X25519 key with a fresh ephemeral key (HKDF-SHA256 over the
shared secret, then ChaCha20-Poly1305), and the result is signed with Ed25519 by the territory.
Where it goes, its term, version and chunk are bound by both, so that no frame can be moved to
another unit, another name or another moment.
"""

from __future__ import annotations

import hashlib

from contract.downlink import Sealed
from contract.topics import Unit

EPHEMERAL_BYTES = 32
NONCE = bytes(12)
"""Each frame has a key of its own, so its nonce may be fixed."""
_DOMAIN = b"softplace-sealed-1\n"


def bound_bytes(territory: str, unit: Unit, name: str, frame: Sealed) -> bytes:
    """Associated data of the encryption: where the frame goes and which one it is."""
    where = f"{territory}/{unit.kind}/{unit.name}/{name}"
    which = f"{frame.term} {frame.version} {frame.chunk} {frame.chunks} {frame.key_id}"
    return _DOMAIN + f"{where}\n{which}\n".encode()


def signed_bytes(territory: str, unit: Unit, name: str, frame: Sealed, sealed: bytes) -> bytes:
    """What the signature covers: the associated data and the sealed bytes."""
    return bound_bytes(territory, unit, name, frame) + hashlib.sha256(sealed).digest()

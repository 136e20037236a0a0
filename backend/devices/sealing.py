"""Signs and seals what goes down to one device (contract/sealing.py says what is bound)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.downlink import Sealed
from contract.sealing import NONCE, bound_bytes, signed_bytes
from contract.topics import Unit


@dataclass(frozen=True, slots=True)
class Signer:
    """The territory's signing key; `key_id` is what devices know its public half by."""

    key_id: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_bytes(self) -> bytes:
        """The public half, 32 bytes."""
        return self.private_key.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Addressee:
    """The device that serves a unit now, by its X25519 public key (32 bytes)."""

    territory: str
    unit: Unit
    box_public: bytes


def seal(
    signer: Signer,
    to: Addressee,
    name: str,
    body: bytes,
    *,
    term: int,
    version: int,
    chunk: int = 0,
    chunks: int = 1,
) -> Sealed:
    """The frame for `down/<name>`. Raises ValueError where the device's key is none."""
    blank = Sealed(
        term=term,
        version=version,
        key_id=signer.key_id,
        sealed="",
        signature="",
        chunk=chunk,
        chunks=chunks,
    )
    bound = bound_bytes(to.territory, to.unit, name, blank)
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(to.box_public))
    key = HKDF(SHA256(), 32, salt=ephemeral_public, info=bound).derive(shared)
    sealed = ephemeral_public + ChaCha20Poly1305(key).encrypt(NONCE, body, bound)
    signature = signer.private_key.sign(signed_bytes(to.territory, to.unit, name, blank, sealed))
    return msgspec.structs.replace(
        blank,
        sealed=base64.b64encode(sealed).decode(),
        signature=base64.b64encode(signature).decode(),
    )

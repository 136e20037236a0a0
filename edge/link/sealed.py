"""Opens what the territory has signed and sealed to this device, and nothing else."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.codec import decode_sealed
from contract.errors import MalformedMessage
from contract.sealing import EPHEMERAL_BYTES, NONCE, bound_bytes, signed_bytes
from contract.topics import Unit
from edge.link.errors import LinkError


class SealRefused(LinkError, ValueError):
    """A frame that is not from our territory, not for us, or damaged; `reason` is one word."""

    def __init__(self, name: str, reason: str, why: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"down/{name} refused: {why}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A body whose origin is proven. Whether it is newer than the last one is the room's to say."""

    term: int
    version: int
    chunk: int
    chunks: int
    body: bytes


class SealOpener:
    """Holds a device's box key and the territory's signing keys.

    Args:
        territory: whose device this is.
        unit: the unit it serves.
        box_key: the device's X25519 private key, 32 bytes.
        signers: Ed25519 public keys of the territory, 32 bytes each, by key id.
    """

    def __init__(
        self, territory: str, unit: Unit, box_key: bytes, signers: Mapping[str, bytes]
    ) -> None:
        self._territory = territory
        self._unit = unit
        self._box_key = X25519PrivateKey.from_private_bytes(box_key)
        self._signers = {
            key_id: Ed25519PublicKey.from_public_bytes(key) for key_id, key in signers.items()
        }

    def open(self, name: str, payload: bytes) -> Opened:
        """The body of a frame that came on `down/<name>`. Raises SealRefused."""
        try:
            frame = decode_sealed(payload)
            sealed = base64.b64decode(frame.sealed, validate=True)
            signature = base64.b64decode(frame.signature, validate=True)
        except (MalformedMessage, binascii.Error) as error:
            raise SealRefused(name, "malformed", f"unreadable ({error})") from error
        signer = self._signers.get(frame.key_id)
        if signer is None:
            raise SealRefused(name, "unknown_signer", f"signed with unknown key {frame.key_id!r}")
        try:
            signer.verify(signature, signed_bytes(self._territory, self._unit, name, frame, sealed))
        except InvalidSignature as error:
            raise SealRefused(name, "bad_signature", "the signature is not right") from error
        bound = bound_bytes(self._territory, self._unit, name, frame)
        body = self._unsealed(name, sealed, bound)
        return Opened(frame.term, frame.version, frame.chunk, frame.chunks, body)

    def _unsealed(self, name: str, sealed: bytes, bound: bytes) -> bytes:
        try:
            ephemeral = X25519PublicKey.from_public_bytes(sealed[:EPHEMERAL_BYTES])
            shared = self._box_key.exchange(ephemeral)
            key = HKDF(SHA256(), 32, salt=sealed[:EPHEMERAL_BYTES], info=bound).derive(shared)
            return ChaCha20Poly1305(key).decrypt(NONCE, sealed[EPHEMERAL_BYTES:], bound)
        except (ValueError, InvalidTag) as error:
            raise SealRefused(name, "not_for_us", "sealed to another device's key") from error

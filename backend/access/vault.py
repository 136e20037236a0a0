"""The vault: what may lie in the records only sealed, and what is derived from its key.

Rules of this file: the key stays in this object. Subkeys are made with HKDF-SHA256, one per
purpose, so that none says anything about another.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.access.errors import VaultSealed

KEY_BYTES = 32
_NONCE_BYTES = 12


class Vault:
    """Seals and opens records of one installation; `key` has KEY_BYTES bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(_subkey(key, "records"))
        self._uid_key = _subkey(key, "uid-mark")
        self.territory_key = _subkey(key, "pseudonyms")
        """From it come the keys of the months (contract/pseudonym.py)."""

    def seal(self, label: str, plain: bytes) -> bytes:
        """Nonce and ciphertext, bound to `label`: a row moved to another place does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, label.encode())

    def open(self, label: str, sealed: bytes) -> bytes:
        """What was sealed under `label`. Raises VaultSealed."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise VaultSealed(label) from error

    def uid_mark(self, uid: bytes) -> str:
        """By this a card is found again at the desk; without the vault key it says nothing."""
        return hmac.new(self._uid_key, uid, hashlib.sha256).hexdigest()


def _subkey(key: bytes, purpose: str) -> bytes:
    return HKDF(
        SHA256(), KEY_BYTES, salt=None, info=b"softplace-vault\0" + purpose.encode()
    ).derive(key)

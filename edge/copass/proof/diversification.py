"""One key for each card, made from a master key: NXP AN10922 for AES-128, 192 and 256.

Rules of this file: pure. Master keys are handed in, used and forgotten.
"""

from __future__ import annotations

from contract.card_file import diversification_input
from edge.copass.proof.aes import BLOCK_BYTES, AesKey, xor

MOST_INPUT_BYTES = 31
_MAC_BYTES = 2 * BLOCK_BYTES
"""The constant and M always fill two blocks, section 2.2; a plain CMAC differs where M is short."""


def derived_key(master: bytes, uid: bytes, territory: str) -> bytes:
    """The key of the card `uid` of `territory` under `master`; as long as `master`."""
    return diversified(master, diversification_input(uid, territory))


def diversified(master: bytes, m: bytes) -> bytes:
    """AN10922 sections 2.2 to 2.4 over 1 to 31 bytes of M. Raises ValueError.

    `master` has 16, 24 or 32 bytes, and so has the result.
    """
    if not 1 <= len(m) <= MOST_INPUT_BYTES:
        raise ValueError(f"diversification input of {len(m)} bytes: 1 to {MOST_INPUT_BYTES} fit")
    key = AesKey(master)
    if len(master) == 16:
        return _mac(key, 0x01, m)
    if len(master) == 24:
        first, second = _mac(key, 0x11, m), _mac(key, 0x12, m)
        return first[:8] + xor(first[8:], second[:8]) + second[8:]
    return _mac(key, 0x41, m) + _mac(key, 0x42, m)


def _mac(key: AesKey, constant: int, m: bytes) -> bytes:
    return key.cmac(bytes([constant]) + m, least_bytes=_MAC_BYTES)

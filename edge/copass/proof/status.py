"""Status and command bytes of DESFire cards, and what a wrong status means for a proof."""

from __future__ import annotations

from edge.copass.proof.errors import NotAuthentic, Why

DONE = 0x00
MORE = 0xAF
"""Another frame follows, or is asked for; as a command: go on."""
DUPLICATE = 0xDE
SELECT_APPLICATION = 0x5A
READ_DATA = 0xBD
CHANGE_KEY = 0xC4

_REASONS: dict[int, Why] = {
    0x1E: "wrong_mac",
    0x40: "no_key",
    0x7E: "cut_short",
    0x9D: "not_permitted",
    0xA0: "no_application",
    0xAE: "key_refused",
    0xF0: "no_file",
}


def expect(answer: bytes, status: int, size: int | None = None) -> bytes:
    """The data of an answer that must have this status and, where given, this many bytes.

    Raises NotAuthentic with the reason that the card's own status gives.
    """
    if not answer:
        raise NotAuthentic("cut_short", "an empty answer")
    if answer[0] != status:
        reason = _REASONS.get(answer[0], "unexpected")
        raise NotAuthentic(reason, f"status {answer[0]:02X} instead of {status:02X}")
    data = answer[1:]
    if size is not None and len(data) != size:
        raise NotAuthentic("cut_short", f"{len(data)} bytes instead of {size}")
    return data

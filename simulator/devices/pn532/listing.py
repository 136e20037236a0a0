"""Looking for cards: what InListPassiveTarget and InAutoPoll ask, how long, what they report.

Rules of this file: pure. Cards other than type A at 106 kbit/s never answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.devices.contactless import Answer

LIST, AUTOPOLL = 0x4A, 0x60
FOR_EVER = 0xFF
TRY_S = 0.005
"""One round of anticollision; the chip's own figure depends on its analog settings."""
PERIOD_S = 0.150
"""The unit of InAutoPoll's period."""
TYPE_A = 0x00
GENERIC_A, MIFARE, ISO_A = 0x00, 0x10, 0x20
CASCADE = 0x88
SPEAKS_14443_4 = 0x20


@dataclass(frozen=True, slots=True)
class Wait:
    """A command that is answered when a card comes, or at `until_s`."""

    command: int
    wanted_uid: bytes
    until_s: float | None
    types: tuple[int, ...]
    """What InAutoPoll polls for, in its order; (TYPE_A,) for InListPassiveTarget."""

    @property
    def sees_type_a(self) -> bool:
        """Whether a type A card can answer at all."""
        return bool({GENERIC_A, MIFARE, ISO_A} & set(self.types))


def listing_wait(data: bytes, retries: int, now_s: float) -> Wait:
    """InListPassiveTarget: most targets, bit rate and type, and what the initiator adds."""
    is_type_a = data[1] == TYPE_A
    uid = _without_cascade(data[2:]) if is_type_a else b""
    # The retries for ever are those of the activation that type A cards need.
    until_s = None if retries == FOR_EVER and is_type_a else now_s + _tries(retries) * TRY_S
    return Wait(LIST, uid, until_s, (TYPE_A,) if is_type_a else (data[1] | 0x01,))


def autopoll_wait(data: bytes, now_s: float) -> Wait:
    """InAutoPoll: rounds, period and the types to poll for."""
    rounds, period, types = data[0], data[1], tuple(data[2:])
    until_s = None if rounds == FOR_EVER else now_s + rounds * period * PERIOD_S * len(types)
    return Wait(AUTOPOLL, b"", until_s, types)


def described(answer: Answer, waits: Wait, *, with_ats: bool) -> bytes:
    """The reply's data about one card: it becomes target 1."""
    ats = answer.ats if with_ats and answer.sak & SPEAKS_14443_4 else b""
    target = b"\x01" + answer.atqa + bytes((answer.sak, len(answer.uid))) + answer.uid + ats
    if waits.command == LIST:
        return b"\x01" + target
    fits = {GENERIC_A, MIFARE} | ({ISO_A} if answer.sak & SPEAKS_14443_4 else set())
    kind = next((kind for kind in waits.types if kind in fits), GENERIC_A)
    return bytes((0x01, kind, len(target))) + target


def _without_cascade(uid: bytes) -> bytes:
    """Hosts mark each cascade level of a longer UID with 0x88 before it."""
    if len(uid) == 8 and uid[0] == CASCADE:
        return uid[1:]
    if len(uid) == 12 and uid[0] == uid[4] == CASCADE:
        return uid[1:4] + uid[5:]
    return uid


def _tries(retries: int) -> int:
    return 1 if retries == FOR_EVER else retries + 1

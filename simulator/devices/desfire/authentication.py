"""The three-pass mutual authentications with AES: EV1's, and EV2's first and further ones.

Rules of this file: pure; the card's challenges come from the state's random bytes. Sources: the
transcripts of NXP AN12343 section 7.1 and AN12196 section 6.6, and a recorded EV1 trace.
"""

from __future__ import annotations

from simulator.devices.desfire import crypto, session_ev1, session_ev2
from simulator.devices.desfire.session_ev1 import SessionEv1
from simulator.devices.desfire.session_ev2 import SessionEv2
from simulator.devices.desfire.state import CardState, Step
from simulator.devices.desfire.status import Refused, Status

CAPABILITIES = bytes(6)
KEY_NUMBER = 0x3F


def authenticate_aes(card: CardState, data: bytes) -> Step:
    """AA, key number."""
    number, key = _named_key(card, data, 1)
    card.session = None
    rnd_b = card.random_bytes(crypto.BLOCK)
    challenge = crypto.encrypt(key, rnd_b)

    def finish(proof: bytes) -> Step:
        rnd_a = _proven(key, proof, rnd_b, iv=challenge)
        card.session = SessionEv1(number, session_ev1.session_key(rnd_a, rnd_b))
        return Status.OK, crypto.encrypt(key, own_proof(rnd_a), proof[-crypto.BLOCK :])

    card.goes_on = finish
    return Status.MORE, challenge


def authenticate_ev2_first(card: CardState, data: bytes) -> Step:
    """71, key number, how many and which capabilities of the reader."""
    if card.memory.generation < 2:
        raise Refused(Status.ILLEGAL_COMMAND)
    number, key = _named_key(card, data, 2 + (data[1] if len(data) > 1 else 0))
    capabilities = data[2 : 2 + len(CAPABILITIES)]
    card.session = None
    rnd_b = card.random_bytes(crypto.BLOCK)

    def finish(proof: bytes) -> Step:
        rnd_a = _proven(key, proof, rnd_b)
        identifier = card.random_bytes(4)
        keys = session_ev2.session_keys(key, rnd_a, rnd_b)
        card.session = SessionEv2(number, keys, identifier)
        theirs = capabilities.ljust(len(CAPABILITIES), b"\x00")
        answer = identifier + own_proof(rnd_a) + CAPABILITIES + theirs
        return Status.OK, crypto.encrypt(key, answer)

    card.goes_on = finish
    return Status.MORE, crypto.encrypt(key, rnd_b)


def authenticate_ev2_again(card: CardState, data: bytes) -> Step:
    """77, key number: another key in the same transaction."""
    before = card.session
    if not isinstance(before, SessionEv2):
        raise Refused(Status.PERMISSION_DENIED)
    number, key = _named_key(card, data, 1)
    card.session = None
    rnd_b = card.random_bytes(crypto.BLOCK)

    def finish(proof: bytes) -> Step:
        rnd_a = _proven(key, proof, rnd_b)
        keys = session_ev2.session_keys(key, rnd_a, rnd_b)
        card.session = SessionEv2(number, keys, before.identifier, before.counter)
        return Status.OK, crypto.encrypt(key, own_proof(rnd_a))

    card.goes_on = finish
    return Status.MORE, crypto.encrypt(key, rnd_b)


def own_proof(rnd_a: bytes) -> bytes:
    """What shows that the card could read the reader's challenge."""
    return crypto.rotated(rnd_a)


def _named_key(card: CardState, data: bytes, size: int) -> tuple[int, bytes]:
    if not data or len(data) != size:
        raise Refused(Status.LENGTH_ERROR)
    number = data[0] & KEY_NUMBER
    return number, card.key(number).value


def _proven(key: bytes, proof: bytes, rnd_b: bytes, iv: bytes = crypto.ZERO) -> bytes:
    """The reader's challenge, once it has shown that it could read ours."""
    if len(proof) != 2 * crypto.BLOCK:
        raise Refused(Status.LENGTH_ERROR)
    plain = crypto.decrypt(key, proof, iv)
    if plain[crypto.BLOCK :] != crypto.rotated(rnd_b):
        raise Refused(Status.AUTHENTICATION_ERROR)
    return plain[: crypto.BLOCK]

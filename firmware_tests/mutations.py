"""Faults to plant in the emulators, one row each, and the client that must catch each.

Rules of this file: a fault replaces one function of an emulator for one test; the emulators
themselves know nothing of it. `spares` are clients that the fault does not concern: they must
still pass, so that what is caught is the fault and not the planting.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest

from firmware_tests.clients import DESFIRE_INFO, EV2, FREEFARE, NFC_LIST, PYTHON_DESFIRE, Client
from simulator.devices import isodep
from simulator.devices.desfire import (
    authentication,
    card,
    card_commands,
    crypto,
    file_commands,
    messaging,
    native,
    session_ev1,
    session_ev2,
)
from simulator.devices.pn532 import Fault, emulator, faults

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One fault."""

    name: str
    plant: Plant
    caught_by: Client
    spares: tuple[Client, ...] = ()


def replaced(owner: object, name: str, by: object) -> Plant:
    """`owner.name` is something else."""
    return lambda patch: patch.setattr(owner, name, by)


def with_crypto(module: ModuleType, **others: object) -> Plant:
    """One module calculates otherwise; the rest of the card does not."""
    return replaced(module, "crypto", SimpleNamespace(**(vars(crypto) | others)))


def always(fault: Fault) -> Plant:
    """The chip has a fault that strikes every time."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        acknowledged, spoiled = faults.acknowledged, faults.spoiled
        struck = frozenset({fault})
        patch.setattr(emulator, "acknowledged", lambda _faults: acknowledged(struck))
        patch.setattr(emulator, "spoiled", lambda frame, _faults: spoiled(frame, struck))

    return plant


def shown_as(**different: object) -> Plant:
    """The card presents itself otherwise in anticollision."""
    wake = card.DesfireCard.wake
    return replaced(
        card.DesfireCard, "wake", lambda self: dataclasses.replace(wake(self), **different)
    )


def row_with(code: int, **different: object) -> Plant:
    """One command of the card is carried out otherwise."""
    rows = native._ROWS
    return lambda patch: patch.setitem(rows, code, dataclasses.replace(rows[code], **different))


def _flipped_mac(self: session_ev1.SessionEv1, message: bytes) -> bytes:
    self._iv = crypto.cmac(self._key, message, self._iv)
    return bytes((self._iv[0] ^ 1,)) + self._iv[1:8]


def _unchained_mac(self: session_ev1.SessionEv1, message: bytes) -> bytes:
    return crypto.cmac(self._key, message)[:8]


def _mac_without_moment(self: session_ev2.SessionEv2, code: bytes, rest: bytes) -> bytes:
    return session_ev2.truncated(crypto.cmac(self._mac_key, code + rest))


def _any_proof(key: bytes, proof: bytes, rnd_b: bytes, iv: bytes = crypto.ZERO) -> bytes:
    return crypto.decrypt(key, proof, iv)[: crypto.BLOCK]


def _constant_numbers(self: isodep.BlockLayer) -> bytes:
    piece, self._rest = self._rest[: self._reader_takes], self._rest[self._reader_takes :]
    self._sent = bytes((0x02 | (isodep.CHAINED if self._rest else 0),)) + piece
    return self._sent


def _unchained_blocks(self: isodep.BlockLayer) -> bytes:
    piece, self._rest = self._rest[: self._reader_takes], b""
    self._sent = bytes((0x02 | self._number,)) + piece
    return self._sent


def _free_for_all(state, file, rights):
    return file_commands.MODES[file.communication] if state.session else messaging.Mode.PLAIN


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("the chip's checksums are wrong", always(Fault.BAD_CHECKSUM), NFC_LIST),
    Mutation("the chip's lengths are wrong", always(Fault.BAD_LENGTH), NFC_LIST),
    Mutation("the chip answers another command", always(Fault.WRONG_REPLY), NFC_LIST),
    Mutation("the chip never acknowledges", always(Fault.LOST_ACK), NFC_LIST),
    Mutation("the ATQA is another card's", shown_as(atqa=b"\x00\x04"), NFC_LIST),
    Mutation("the SAK promises no ISO-DEP", shown_as(sak=0x08), FREEFARE),
    Mutation("the version comes in one frame", row_with(0x60, pieces=()), DESFIRE_INFO, (EV2,)),
    Mutation(
        "a bit of EV1's MAC is flipped",
        replaced(session_ev1.SessionEv1, "_mac", _flipped_mac),
        FREEFARE,
        (EV2,),
    ),
    Mutation(
        "EV1's MACs are not chained",
        replaced(session_ev1.SessionEv1, "_mac", _unchained_mac),
        FREEFARE,
        (EV2,),
    ),
    Mutation(
        "EV1 uses the usual CRC-32",
        with_crypto(session_ev1, crc32=lambda data: crypto.xor(crypto.crc32(data), b"\xff" * 4)),
        PYTHON_DESFIRE,
        (EV2,),
    ),
    Mutation(
        "EV1's session key has its parts in another order",
        replaced(session_ev1, "session_key", lambda a, b: b[:4] + a[:4] + b[12:] + a[12:]),
        FREEFARE,
        (EV2,),
    ),
    Mutation(
        "EV1's authentication does not chain its IV",
        with_crypto(authentication, encrypt=lambda key, plain, *_iv: crypto.encrypt(key, plain)),
        FREEFARE,
        (EV2,),
    ),
    Mutation(
        "the reader's challenge comes back unrotated",
        replaced(authentication, "own_proof", lambda rnd_a: rnd_a),
        FREEFARE,
    ),
    Mutation(
        "the reader's challenge comes back unrotated, to EV2",
        replaced(authentication, "own_proof", lambda rnd_a: rnd_a),
        EV2,
    ),
    Mutation("any proof will do", replaced(authentication, "_proven", _any_proof), FREEFARE),
    Mutation("any proof will do, to EV2", replaced(authentication, "_proven", _any_proof), EV2),
    Mutation(
        "EV2 does not count commands",
        replaced(session_ev2.SessionEv2, "_count", lambda _self: None),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "EV2's MACs are the first half",
        replaced(session_ev2, "truncated", lambda mac: mac[:8]),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "EV2's MACs leave out transaction and counter",
        replaced(session_ev2.SessionEv2, "_mac", _mac_without_moment),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "EV2 pads with zeros",
        with_crypto(session_ev2, padded=crypto.filled),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "EV2's session keys are exchanged",
        replaced(
            session_ev2,
            "session_keys",
            lambda *given, true=session_ev2.session_keys: true(*given)[::-1],
        ),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "EV2's answers have the IV of commands",
        replaced(session_ev2, "FROM_CARD", session_ev2.TO_CARD),
        EV2,
        (FREEFARE,),
    ),
    Mutation("rights are not looked at", replaced(file_commands, "_mode", _free_for_all), FREEFARE),
    Mutation("rights are not looked at, EV2", replaced(file_commands, "_mode", _free_for_all), EV2),
    Mutation(
        "another's new key is stored as it was sent",
        with_crypto(card_commands, xor=lambda sent, _old: sent),
        FREEFARE,
    ),
    Mutation(
        "blocks are not numbered",
        replaced(isodep.BlockLayer, "_next_piece", _constant_numbers),
        EV2,
        (FREEFARE,),
    ),
    Mutation(
        "long answers are not chained",
        replaced(isodep.BlockLayer, "_next_piece", _unchained_blocks),
        EV2,
        (FREEFARE,),
    ),
)

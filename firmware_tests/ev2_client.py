"""A program that takes a card through nfcpy and pylibsdm: EV2 over ISO-DEP of their own.

`python -m firmware_tests.ev2_client PORT`. Exit status 0 means that all was as `scenario` says.
nfcpy selects, answers and chains the blocks by itself; pylibsdm authenticates and keeps the
session. What pylibsdm has no call for (reading, writing) is sent by its own protected commands.
"""

from __future__ import annotations

import sys
import zlib
from types import SimpleNamespace
from typing import Any

import nfc
import nfc.clf.pn532
import nfc.clf.transport
from Crypto.Cipher import AES
from nfc.tag.tt4 import Type4TagCommandError
from pylibsdm.tag.ntag424dna.const import Status
from pylibsdm.tag.ntag424dna.tag import NTAG424DNA

from firmware_tests import scenario

READ, WRITE, GET_UID, CHANGE_KEY = (
    SimpleNamespace(value=(0x90, code, 0x00, 0x00)) for code in (0xAD, 0x8D, 0x51, 0xC4)
)


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    sys.stdout.write(f"{what}: as it should be\n")


def refused(what: str, status: int, call: Any, *arguments: Any) -> None:
    try:
        call(*arguments, expected=Status.OK)
    except Type4TagCommandError as error:
        expect(what, error.errno & 0xFF, status)
    else:
        sys.exit(f"{what}: not refused")


def connected(port: str) -> tuple[nfc.ContactlessFrontend, nfc.tag.Tag]:
    frontend = nfc.ContactlessFrontend()
    frontend.device = nfc.clf.pn532.init(nfc.clf.transport.TTY(port))
    target = frontend.sense(nfc.clf.RemoteTarget("106A"))
    if target is None:
        sys.exit("nfcpy finds no card")
    return frontend, nfc.tag.activate(frontend, target)


def span(file: int, offset: int, length: int) -> bytes:
    return bytes((file,)) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")


def deciphered(card: NTAG424DNA, secret: bytes) -> bytes:
    worker = AES.new(card.k_ses_auth_enc, AES.MODE_CBC, card.ivr)
    return worker.decrypt(secret).rstrip(b"\0").removesuffix(b"\x80")


def read(card: NTAG424DNA, key: int, file: int, length: int) -> bytes:
    return card.send_command_mac(key, READ, span(file, 0, length), b"", expected=Status.OK)


def write(card: NTAG424DNA, send: Any, file: int, offset: int, data: bytes) -> None:
    send(0, WRITE, span(file, offset, len(data)), data, expected=Status.OK)


def reads(card: NTAG424DNA) -> None:
    card.set_key(1, scenario.key(1))
    card.authenticate_ev2_first(1)
    secret = read(card, 1, scenario.SECRET_FILE, 32)
    expect("the enciphered file", deciphered(card, secret), scenario.SECRET)
    expect(
        "the file with MAC", read(card, 1, scenario.MACED_FILE, len(scenario.LONG)), scenario.LONG
    )
    uid = card.send_command_mac(1, GET_UID, b"", b"", expected=Status.OK)
    expect("the UID", deciphered(card, uid), scenario.UID)
    settings = card.get_file_settings(scenario.MACED_FILE)
    expect("the size", settings.file_size, len(scenario.LONG))
    mine = span(scenario.SECRET_FILE, 0, 4), b"mine"
    refused("a write with key 1", 0x9D, card.send_command_full, 1, WRITE, *mine)


def writes(card: NTAG424DNA) -> None:
    card.set_key(0, scenario.key(0))
    card.authenticate_ev2_first(0)
    write(card, card.send_command_full, scenario.SECRET_FILE, 3, b"changed")
    write(card, card.send_command_mac, scenario.MACED_FILE, 7, bytes(120))
    new, old = scenario.key(2, "next"), scenario.key(2)
    mixed = bytes(a ^ b for a, b in zip(new, old, strict=True)) + b"\x22"
    crc = (~zlib.crc32(new) & 0xFFFFFFFF).to_bytes(4, "little")
    card.send_command_full(0, CHANGE_KEY, b"\x02", mixed + crc, expected=Status.OK)
    card.change_key(0, scenario.key(0, "next"), 0x20)
    for number in (0, 2):
        card.set_key(number, scenario.key(number, "next"))
        expect(f"key {number} anew", card.authenticate_ev2_first(number), True)


def guards(card: NTAG424DNA) -> None:
    card.set_key(1, bytes(16))
    try:
        card.authenticate_ev2_first(1)
    except Type4TagCommandError as error:
        expect("a wrong key", error.errno & 0xFF, 0xAE)
    else:
        sys.exit("a wrong key authenticated")
    card.set_key(1, scenario.key(1))
    card.authenticate_ev2_first(1)
    card.cmdctr += 1
    where = span(scenario.MACED_FILE, 0, 16), b""
    refused("a MAC of another moment", 0x1E, card.send_command_mac, 1, READ, *where)


def main() -> None:
    frontend, tag = connected(sys.argv[1])
    card = NTAG424DNA(tag)
    expect("selection", tag.identifier, scenario.UID)
    for step in (reads, writes, guards):
        step(card)
    frontend.close()


if __name__ == "__main__":
    main()

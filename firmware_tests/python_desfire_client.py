"""A program that takes a card through python-desfire: `... python_desfire_client PORT | pcsc`.

Over its own PN532 driver on a serial port, or over PC/SC. Exit status 0 means that all was as
`scenario` says.
"""

from __future__ import annotations

import sys

from desfire import DESFire, DESFireKey, diversify_key
from desfire.devices.base import Device
from desfire.devices.pcsc import PCSCDevice
from desfire.devices.pn532 import PN532UARTDevice
from desfire.enums import DESFireKeyType
from desfire.exceptions import DESFireAuthException, DESFireCommunicationError
from desfire.schemas import KeySettings

from firmware_tests import scenario

PATIENCE_S = 20
AN10922_MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
AN10922_INPUT = bytes.fromhex("04782E21801D803042F54E585020416275")
AN10922_KEY = "a8dd63a3b89d54b37ca802473fda9175"


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    sys.stdout.write(f"{what}: as it should be\n")


def key(value: bytes) -> DESFireKey:
    return DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), list(value))


def device(where: str) -> Device:
    if where == "pcsc":
        from smartcard.CardRequest import CardRequest

        service = CardRequest(timeout=PATIENCE_S).waitforcard()
        service.connection.connect()
        made = PCSCDevice(service.connection.component)
        made.service = service  # whose end would end the connection
        return made
    chip = PN532UARTDevice(where, baudrate=115_200, timeout=0.02)
    uid = chip.wait_for_card(timeout=5)
    expect("the listed UID", bytes(uid or []), scenario.UID)
    return chip


def reads(card: DESFire) -> None:
    try:
        card.authenticate(1, key(bytes(16)))
    except (DESFireAuthException, DESFireCommunicationError):
        sys.stdout.write("a wrong key: refused\n")
    else:
        sys.exit("a wrong key authenticated")
    card.authenticate(1, key(scenario.key(1)))
    for file, content in (
        (scenario.SECRET_FILE, scenario.SECRET),
        (scenario.MACED_FILE, scenario.LONG),
    ):
        settings = card.get_file_settings(file)
        expect(f"file {file}", bytes(card.read_file_data(file, settings)), content)
    expect("the UID", bytes(card.get_real_uid()), scenario.UID)


def changes(card: DESFire) -> None:
    card.authenticate(0, key(scenario.key(0)))
    settings = card.get_file_settings(scenario.SECRET_FILE)
    card.write_file_data(scenario.SECRET_FILE, 3, settings.encryption, list(b"changed"))
    card.change_key(2, key(scenario.key(2)), key(scenario.key(2, "next")), 0x22)
    card.change_key(0, key(scenario.key(0)), key(scenario.key(0, "next")), 0x20)
    for number in (0, 2):
        card.authenticate(number, key(scenario.key(number, "next")))
    expect("a version", card.get_key_version(2), 0x22)


def main() -> None:
    derived = diversify_key(list(AN10922_MASTER), [0x01, *AN10922_INPUT])
    expect("AN10922", bytes(derived).hex(), AN10922_KEY)
    card = DESFire(device(sys.argv[1]))
    card.select_application(list(scenario.WIRE_AID))
    reads(card)
    changes(card)


if __name__ == "__main__":
    main()

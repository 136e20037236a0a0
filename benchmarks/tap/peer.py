"""`python -m benchmarks.tap.peer PORT KEY READS`: python-desfire proves and reads one card.

Its own PN532 driver, with the serial timeout that it over-reads by set as short as it bears.
Prints one JSON list: milliseconds of each select, authentication and read.
"""

from __future__ import annotations

import json
import sys
import time

from desfire import DESFire, DESFireKey
from desfire.devices.pn532 import PN532UARTDevice
from desfire.enums import DESFireKeyType
from desfire.schemas import KeySettings

from contract.card_file import APPLICATION_ID

SERIAL_TIMEOUT_S = 0.02
_SLOT = 1


def main(port: str, key_hex: str, reads: int) -> None:
    """Read the co-pass `reads` times."""
    device = PN532UARTDevice(port, baudrate=115_200, timeout=SERIAL_TIMEOUT_S)
    if device.wait_for_card(timeout=5) is None:
        sys.exit("python-desfire sees no card")
    application = list(APPLICATION_ID[::-1])
    card = DESFire(device)
    card.select_application(application)
    card.authenticate(_SLOT, _key(key_hex))
    settings = card.get_file_settings(_SLOT)
    spent_ms = []
    for _ in range(reads):
        # It keeps the chained value of a session in the key, so each session takes another.
        card, key = DESFire(device), _key(key_hex)
        begun_s = time.monotonic()
        card.select_application(application)
        card.authenticate(_SLOT, key)
        card.read_file_data(_SLOT, settings)
        spent_ms.append((time.monotonic() - begun_s) * 1_000)
    print(json.dumps(spent_ms))


def _key(text: str) -> DESFireKey:
    return DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), list(bytes.fromhex(text)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

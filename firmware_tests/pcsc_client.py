"""A program that meets a card through pyscard: `python -m firmware_tests.pcsc_client`.

PCSCLITE_CSOCK_NAME names the pcscd. It says each of its findings in one line; "waiting" before
it waits for the card's removal. Exit status 0 means that all was as `scenario` says.
"""

from __future__ import annotations

import sys

from smartcard.CardRequest import CardRequest
from smartcard.Exceptions import CardConnectionException
from smartcard.util import toHexString

from firmware_tests import scenario

PATIENCE_S = 20


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    sys.stdout.write(f"{what}: as it should be\n")
    sys.stdout.flush()


def main() -> None:
    service = CardRequest(timeout=PATIENCE_S).waitforcard()
    connection = service.connection
    connection.connect()
    expect("ATR", toHexString(connection.getATR()), "3B 81 80 01 80 80")
    uid, *status = connection.transmit([0xFF, 0xCA, 0x00, 0x00, 0x00])
    expect("UID", (bytes(uid), status), (scenario.UID, [0x90, 0x00]))
    select = [0x90, 0x5A, 0, 0, 3, *scenario.WIRE_AID, 0]
    expect("selection", connection.transmit(select), ([], 0x91, 0x00))
    sys.stdout.write("waiting\n")
    sys.stdout.flush()
    try:
        while True:
            connection.transmit(select)
    except CardConnectionException:
        sys.stdout.write("the card is gone\n")


if __name__ == "__main__":
    main()

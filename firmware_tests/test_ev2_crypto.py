"""The emulated card before nfc-ev2-crypto, a second EV2 implementation, of which no package exists.

SOFTPLACE_NFC_EV2_CRYPTO names a checkout of it; without one these tests are skipped.
"""

from __future__ import annotations

import importlib
import os

import pytest

from firmware_tests import scenario
from firmware_tests.peers import needs, peer

pytestmark = needs("nfc-ev2-crypto")


class Client:
    """The library's session with a card in the hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, key_number: int) -> None:
        monkeypatch.syspath_prepend(os.environ[peer("nfc-ev2-crypto").checkout])
        ev2, comm = importlib.import_module("ev2"), importlib.import_module("comm")
        self.modes = comm.CommMode
        self.card = scenario.card(2)
        self.card.wake()
        self.send(b"\x90\x5a\x00\x00\x03" + scenario.WIRE_AID + b"\x00")
        handshake = ev2.AuthenticateEV2(scenario.key(key_number))
        challenge = self.send(handshake.init(bytes((key_number,))))
        self.session = handshake.part2(self.send(handshake.part1(challenge)))

    def send(self, apdu: bytes) -> bytes:
        """The whole answer, gathered from as many frames as it has."""
        answer = self.card.exchange(apdu)
        rest = b""
        while answer.endswith(b"\x91\xaf") and apdu[1] not in {0x71, 0xAF}:
            rest += answer[:-2]
            answer = self.card.exchange(b"\x90\xaf\x00\x00\x00")
        return rest + answer

    def ask(self, code: int, mode: str, head: bytes = b"") -> bytes:
        wanted = self.modes[mode]
        answer = self.send(self.session.wrap_cmd(code, wanted, head))
        status, data = self.session.unwrap_res(answer, wanted)
        assert status == b"\x91\x00"
        return data


def span(file: int, length: int) -> bytes:
    return bytes((file, 0, 0, 0)) + length.to_bytes(3, "little")


def test_a_session_holds_over_commands_of_every_protection(monkeypatch):
    client = Client(monkeypatch, 1)
    secret = client.ask(0xBD, "FULL", span(scenario.SECRET_FILE, 32))
    assert secret == scenario.SECRET
    long = client.ask(0xBD, "MAC", span(scenario.MACED_FILE, len(scenario.LONG)))
    assert long == scenario.LONG
    assert client.ask(0xBD, "PLAIN", span(scenario.FREE_FILE, 16)) == scenario.PUBLIC
    assert client.ask(0x51, "FULL") == scenario.UID
    assert client.ask(0x60, "MAC")[14:21] == scenario.UID
    assert client.ask(0x45, "MAC") == b"\x0b\x83"
    assert client.ask(0x64, "MAC", b"\x02") == b"\x12"
    assert client.ask(0x6F, "MAC") == bytes((1, 2, 3))

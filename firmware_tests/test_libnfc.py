"""libnfc's own programs against the emulated PN532."""

from __future__ import annotations

import os
import subprocess

import pytest

from firmware_tests.peers import needs
from simulator.devices.contactless import UidCard
from simulator.devices.pn532 import Fault, Pn532

pytestmark = needs("libnfc", "libnfc's chip diagnosis")


@pytest.fixture
def reader():
    with Pn532() as emulator:
        yield emulator


def run(port: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LIBNFC_DEVICE": f"pn532_uart:{port}"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def fob() -> UidCard:
    return UidCard(bytes.fromhex("04112233445566"))


def test_nfc_list_opens_the_chip_and_finds_nothing(reader):
    listed = run(reader.port, "nfc-list", "-v")
    assert listed.returncode == 0
    assert "0 ISO14443A passive target(s) found." in listed.stdout


def test_nfc_list_shows_a_plain_sticker(reader):
    reader.card_in(fob())
    listed = run(reader.port, "nfc-list", "-v").stdout
    assert "UID (NFCID1): 04  11  22  33  44  55  66" in listed
    assert "SAK (SEL_RES): 00" in listed


def test_nfc_poll_sees_a_card_come_and_go(reader):
    reader.card_in(fob())
    command = ["nfc-poll"]
    environment = os.environ | {"LIBNFC_DEVICE": f"pn532_uart:{reader.port}"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as poll:
        seen = ""
        while "Waiting for card removing..." not in seen:
            piece = poll.stdout.read(1)
            assert piece, seen
            seen += piece
        reader.card_out()
        assert "done." in poll.stdout.read()
        assert poll.wait() == 0
    assert "UID (NFCID1): 04  11  22  33  44  55  66" in seen


def test_pn53x_diagnose_finds_the_chip_sound(reader):
    said = run(reader.port, "pn53x-diagnose").stdout
    for test in ("Communication line", "ROM", "RAM"):
        assert f"{test} test: OK" in said


@pytest.mark.parametrize("fault", [Fault.BAD_CHECKSUM, Fault.WRONG_REPLY])
def test_libnfc_refuses_a_faulty_chip(reader, fault):
    reader.fault(fault, after=1)
    assert "opened" not in run(reader.port, "nfc-list").stdout

"""libnfc's own programs against the emulated PN532."""

from __future__ import annotations

import os
import subprocess

import pytest

from firmware_tests import scenario
from firmware_tests.clients import run
from firmware_tests.peers import needs
from simulator.devices.contactless import UidCard
from simulator.devices.pn532 import Fault, Pn532

pytestmark = needs("libnfc", "libnfc's chip diagnosis")


@pytest.fixture
def reader():
    with Pn532() as emulator:
        yield emulator


def fob() -> UidCard:
    return UidCard(bytes.fromhex("04112233445566"))


def test_nfc_list_opens_the_chip_and_finds_nothing(reader):
    listed = run(["nfc-list", "-v"], reader.port)
    assert listed.returncode == 0
    assert "0 ISO14443A passive target(s) found." in listed.stdout


def test_nfc_list_shows_a_plain_sticker(reader):
    reader.card_in(fob())
    listed = run(["nfc-list", "-v"], reader.port).stdout
    assert "UID (NFCID1): 04  11  22  33  44  55  66" in listed
    assert "SAK (SEL_RES): 00" in listed


def test_nfc_list_takes_a_desfire_card_for_one(reader):
    reader.card_in(scenario.card())
    listed = run(["nfc-list", "-v"], reader.port)
    assert "UID (NFCID1): 04  78  2e  21  80  1d  80" in listed.stdout
    assert "ATS: 75  77  81  02  80" in listed.stdout
    assert "* MIFARE DESFire EV1 2K/4K/8K" in listed.stdout
    assert "libnfc.chip" not in listed.stderr


def test_nfc_scan_device_finds_the_reader_among_the_serial_ports(reader):
    found = run(["nfc-scan-device", "-v"], reader.port).stdout
    assert "1 NFC device(s) found" in found
    assert "chip: PN532 v1.6" in found


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
    said = run(["pn53x-diagnose"], reader.port).stdout
    for test in ("Communication line", "ROM", "RAM"):
        assert f"{test} test: OK" in said


@pytest.mark.parametrize("fault", [Fault.BAD_CHECKSUM, Fault.WRONG_REPLY])
def test_libnfc_refuses_a_faulty_chip(reader, fault):
    reader.fault(fault, after=1)
    assert "opened" not in run(["nfc-list"], reader.port).stdout

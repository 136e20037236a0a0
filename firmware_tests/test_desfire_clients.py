"""The emulated DESFire card before libfreefare, python-desfire, and pylibsdm on nfcpy."""

from __future__ import annotations

import pytest

from firmware_tests import scenario
from firmware_tests.clients import DESFIRE_INFO, EV2, FREEFARE, PYTHON_DESFIRE, Client, visit
from firmware_tests.peers import needs
from simulator.devices.pn532 import Pn532

BAUD = 115_200
WRITERS = [
    pytest.param(client, marks=needs(*client.peers), id=client.name)
    for client in (FREEFARE, PYTHON_DESFIRE, EV2)
]


@pytest.mark.parametrize("baud", [None, BAUD], ids=["unpaced", "paced"])
@pytest.mark.parametrize("client", WRITERS)
def test_a_client_proves_reads_writes_and_changes_keys(client: Client, baud: int | None):
    card = scenario.card(client.generation)
    with Pn532(baud=baud) as reader:
        reader.card_in(card)
        visited = visit(client, reader.port)
    assert visited.returncode == 0, visited.stdout + visited.stderr
    there = card.memory.applications[scenario.WIRE_AID.hex()]
    assert bytes(there.files[scenario.SECRET_FILE].content[3:10]) == b"changed"
    assert [key.value for key in there.keys] == [
        scenario.key(0, "next"),
        scenario.key(1),
        scenario.key(2, "next"),
    ]
    assert [key.version for key in there.keys] == [0x20, 0x11, 0x22]


@needs(*DESFIRE_INFO.peers)
def test_mifare_desfire_info_sees_that_a_uid_is_random():
    card = scenario.card(1)
    card.memory.random_uid = True
    with Pn532() as reader:
        reader.card_in(card)
        told = visit(DESFIRE_INFO, reader.port)
    assert "Use random UID: yes" in told.stdout
    assert scenario.UID.hex() not in told.stdout


@needs(*DESFIRE_INFO.peers)
@pytest.mark.parametrize("generation", [1, 2])
def test_mifare_desfire_info_tells_version_settings_and_memory(generation: int):
    card = scenario.card(generation)
    with Pn532() as reader:
        reader.card_in(card)
        told = visit(DESFIRE_INFO, reader.port)
    assert told.returncode == 0, told.stderr
    assert f"UID:                      0x{scenario.UID.hex()}" in told.stdout
    assert "week 25, 2024" in told.stdout
    assert "Master Key settings (0x0f)" in told.stdout
    assert f"Free memory: {card.memory.free_bytes} bytes" in told.stdout

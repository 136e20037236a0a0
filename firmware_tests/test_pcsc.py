"""The emulated card on PC/SC, before pcscd, pcsc_scan, pyscard and python-desfire."""

from __future__ import annotations

import os
import subprocess

import pytest

from firmware_tests import scenario
from firmware_tests.clients import PATIENCE_S, ROOT, python
from firmware_tests.peers import needs
from simulator.devices.desfire import DesfireCard
from simulator.devices.pcsc_card import PcscReader

pytestmark = [
    needs("pcscd with vpcd"),
    pytest.mark.skipif(PcscReader.missing() is not None, reason=PcscReader.missing() or ""),
]


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "alice.card"
    path.write_bytes(scenario.card(1).to_bytes())
    return path


@pytest.fixture
def reader(stored):
    with PcscReader([f"alice=desfire:{stored}"]) as emulated:
        yield emulated


def environment(reader: PcscReader) -> dict[str, str]:
    return os.environ | {"PCSCLITE_CSOCK_NAME": str(reader.socket), "PYTHONPATH": str(ROOT)}


@needs("pyscard")
def test_pyscard_sees_a_card_come_answer_and_go(reader):
    command = python("pcsc_client")
    with subprocess.Popen(
        command, env=environment(reader), stdout=subprocess.PIPE, text=True
    ) as client:
        reader.card_in("alice")
        said = []
        while "waiting\n" not in said:
            said.append(client.stdout.readline())
            assert said[-1], said
        reader.card_out()
        said.append(client.stdout.read())
        assert client.wait(PATIENCE_S) == 0, said
    assert "the card is gone" in said[-1]


@needs("pyscard", "python-desfire")
def test_python_desfire_changes_the_card_over_pc_sc(stored):
    with PcscReader([f"alice=desfire:{stored}"]) as reader:
        reader.card_in("alice")
        visited = subprocess.run(
            python("python_desfire_client", "pcsc"),
            env=environment(reader),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert visited.returncode == 0, visited.stdout + visited.stderr
    changed = DesfireCard.from_bytes(stored.read_bytes(), os.urandom)
    keys = changed.memory.applications[scenario.WIRE_AID.hex()].keys
    assert keys[2].value == scenario.key(2, "next")


def test_pcsc_scan_tells_reader_card_and_removal(reader):
    reader.card_in("alice")
    command = ["pcsc_scan", "-n", "-q"]
    with subprocess.Popen(
        command,
        env=environment(reader),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as scan:
        said = ""
        while "3B 81 80 01 80 80" not in said:
            said += (line := scan.stdout.readline())
            assert line, said
        reader.card_out()
        while "Card removed" not in said:
            said += (line := scan.stdout.readline())
            assert line, said
        scan.terminate()
    assert "SoftPlace virtual reader" in said

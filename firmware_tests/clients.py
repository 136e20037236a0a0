"""How each independent client is run against a card before an emulated PN532."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60


def _ended_well(visited: subprocess.CompletedProcess[str]) -> bool:
    return visited.returncode == 0


def _took_it_for_a_desfire(visited: subprocess.CompletedProcess[str]) -> bool:
    return visited.returncode == 0 and "* MIFARE DESFire EV1 2K/4K/8K" in visited.stdout


@dataclass(frozen=True, slots=True)
class Client:
    """A whole visit of one client to one card."""

    name: str
    peers: tuple[str, ...]
    """Rows of `peers`."""
    command: Callable[[str], list[str]]
    """The command line that goes to the reader on this port."""
    generation: int
    """Of the card that it understands: 1 is EV1, 2 is EV2."""
    accepts: Callable[[subprocess.CompletedProcess[str]], bool] = _ended_well


def visit(client: Client, port: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; a client that hangs has failed."""
    return run(client.command(port), port)


def run(command: list[str], port: str) -> subprocess.CompletedProcess[str]:
    """A client's command with the reader on `port` before it. It fails where it never ends."""
    environment = os.environ | {
        "LIBNFC_DEVICE": f"pn532_uart:{port}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    try:
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", f"not ended within {PATIENCE_S} s")


def python(module: str, *arguments: str) -> list[str]:
    """A client of ours around somebody else's library."""
    return [sys.executable, "-m", f"firmware_tests.{module}", *arguments]


NFC_LIST = Client(
    "nfc-list", ("libnfc",), lambda _port: ["nfc-list", "-v"], 1, _took_it_for_a_desfire
)
DESFIRE_INFO = Client(
    "mifare-desfire-info", ("libfreefare's programs",), lambda _port: ["mifare-desfire-info"], 1
)
FREEFARE = Client("libfreefare", ("libfreefare",), lambda _port: python("freefare_client"), 1)
PYTHON_DESFIRE = Client(
    "python-desfire", ("python-desfire",), lambda port: python("python_desfire_client", port), 1
)
EV2 = Client("pylibsdm on nfcpy", ("pylibsdm", "nfcpy"), lambda port: python("ev2_client", port), 2)
CLIENTS: tuple[Client, ...] = (NFC_LIST, DESFIRE_INFO, FREEFARE, PYTHON_DESFIRE, EV2)

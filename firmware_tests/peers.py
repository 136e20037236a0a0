"""The independent clients of the emulated devices: how to find each, and what it proves.

One row per client. A test that needs some says `pytestmark = needs("libnfc")`; where one is
missing the test is skipped and the reason names the package, so that `pytest -rs` counts them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/go/bin"])


@dataclass(frozen=True, slots=True)
class Peer:
    """One client that nobody here wrote."""

    name: str
    package: str
    """Of Debian, or of PyPI where `module` is given."""
    proves: str
    """What an emulator that passes it has shown."""
    tests: str
    """The file of its tests."""
    commands: tuple[str, ...] = ()
    module: str = ""
    library: str = ""
    checkout: str = ""
    """The environment variable that names a checkout, where no package has it."""

    def missing(self) -> str | None:
        """Which part of it this machine lacks, None where it is whole."""
        for command in self.commands:
            if path_of(command) is None:
                return f"{command} is missing: apt install {self.package}"
        if self.library and find_library(self.library) is None:
            return f"lib{self.library} is missing: apt install {self.package}"
        if self.checkout and not Path(os.environ.get(self.checkout, "-")).is_dir():
            return f"{self.checkout} names no checkout of {self.package}"
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"Python's {self.module} is missing: pip install {self.package}"
        return None

    def version(self) -> str:
        """As its package says; "absent" where it is missing."""
        if self.missing() is not None:
            return "absent"
        if self.checkout:
            asked = ["git", "-C", os.environ[self.checkout], "rev-parse", "--short", "HEAD"]
            told = subprocess.run(asked, capture_output=True, text=True, check=False)
            return told.stdout.strip() or "unknown"
        if self.module:
            return metadata.version(self.package)
        query = ["dpkg-query", "-W", "-f", "${Version}", self.package]
        found = subprocess.run(query, capture_output=True, text=True, check=False)
        return found.stdout or "unknown"


PEERS: tuple[Peer, ...] = (
    Peer(
        name="libnfc",
        package="libnfc-bin",
        commands=("nfc-list", "nfc-poll", "nfc-scan-device"),
        proves="framing, wake-up, registers, radio settings, listing, polling, presence, removal",
        tests="test_libnfc.py",
    ),
    Peer(
        name="libnfc's chip diagnosis",
        package="libnfc-pn53x-examples",
        commands=("pn53x-diagnose",),
        proves="line, ROM and RAM tests of the chip",
        tests="test_libnfc.py",
    ),
    Peer(
        name="libfreefare's programs",
        package="libfreefare-bin",
        commands=("mifare-desfire-info",),
        proves="version, key settings, key version and free memory of a card",
        tests="test_desfire_clients.py",
    ),
    Peer(
        name="libfreefare",
        package="libfreefare0",
        library="freefare",
        proves="EV1 authentication with AES, refusals; plain, MACed and enciphered reads and "
        "writes over several frames; UID; change of own and other keys and of settings; making "
        "and deleting applications and files",
        tests="test_desfire_clients.py",
    ),
    Peer(
        name="python-desfire",
        package="python-desfire",
        module="desfire",
        proves="the same of EV1 by a second author, over its own PN532 driver: a listing that "
        "waits for a card, native frames, AN10922",
        tests="test_desfire_clients.py",
    ),
    Peer(
        name="nfcpy",
        package="nfcpy",
        module="nfc",
        proves="line speed, analog settings, long frames; RATS, block numbers and chaining of "
        "ISO-DEP done by the host over InCommunicateThru",
        tests="test_desfire_clients.py",
    ),
    Peer(
        name="pylibsdm",
        package="pylibsdm",
        module="pylibsdm",
        proves="EV2: AuthenticateEV2First, MACed and enciphered reads and writes, UID, change of "
        "own and other keys, refusal of a wrong key, a wrong counter and a missing right",
        tests="test_desfire_clients.py",
    ),
    Peer(
        name="nfc-ev2-crypto",
        package="icedevml/nfc-ev2-crypto",
        checkout="SOFTPLACE_NFC_EV2_CRYPTO",
        proves="EV2 by a second author: answers over several frames, plain commands that count, "
        "MACs of the commands about files and keys",
        tests="test_ev2_crypto.py",
    ),
    Peer(
        name="pcscd with vpcd",
        package="pcscd",
        commands=("pcscd", "pcsc_scan", "unshare", "ip"),
        proves="a card on PC/SC: ATR, UID, arrival and removal",
        tests="test_pcsc.py",
    ),
    Peer(
        name="pyscard",
        package="pyscard",
        module="smartcard",
        proves="wrapped commands over PC/SC, a card taken away",
        tests="test_pcsc.py",
    ),
    Peer(
        name="libosdp",
        package="libosdp",
        module="osdp",
        proves="OSDP frames, CRC, sequence, resending, identity, card reads, status, relay, LED, "
        "buzzer, new address and speed, secure channel, new key, refusal of wrong keys",
        tests="test_osdp.py",
    ),
    Peer(
        name="hostapd's client",
        package="hostapd",
        commands=("hostapd_cli",),
        proves="the access point's control socket: ping, listing, one station, putting out, events",
        tests="test_access_point.py",
    ),
    Peer(
        name="hostapd",
        package="hostapd",
        commands=("hostapd", "hostapd_cli"),
        proves="our driver on a real control socket: attach, arrival, departure, listing, restart",
        tests="test_hostapd.py",
    ),
    Peer(
        name="wpa_supplicant",
        package="wpasupplicant",
        commands=("wpa_supplicant",),
        proves="a real station for it: authorized after its password, not before",
        tests="test_hostapd.py",
    ),
    Peer(
        name="gpsd",
        package="gpsd",
        commands=("gpsd",),
        proves="the receiver's sentences: recognised, fixes and times as sent, faults dropped",
        tests="test_gpsd.py",
    ),
    Peer(
        name="gpspipe",
        package="gpsd-clients",
        commands=("gpspipe",),
        proves="what gpsd made of them, read by gpsd's own client",
        tests="test_gpsd.py",
    ),
    Peer(
        name="gpsfake",
        package="gpsd-clients",
        commands=("gpsd", "gpsfake"),
        proves="our gpsd driver: recordings of real receivers as gpsd itself reads them",
        tests="../tests/drivers/test_gpsd_peer.py",
    ),
)


def peer(name: str) -> Peer:
    """The row of that name. Raises KeyError."""
    return {row.name: row for row in PEERS}[name]


def path_of(command: str) -> str | None:
    """Where a command lies, system administrators' folders included."""
    return shutil.which(command, path=SEARCHED)


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip where one of these peers is missing, saying which and what to install."""
    reasons = [reason for name in names if (reason := peer(name).missing()) is not None]
    return pytest.mark.skipif(bool(reasons), reason="; ".join(reasons) or "nothing is missing")


def table() -> str:
    """The clients as the README lists them, with the versions of this machine."""
    lines = ["| client | package | version | what it proved | tests |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.package} | {row.version()} | {row.proves} | `{row.tests}` |"
        for row in PEERS
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")

"""Our PC/SC driver on an emulated reader behind pcscd."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.pcsc import PcscReader as Driver
from firmware_tests.card_benches import UIDS
from firmware_tests.rig import Rig
from firmware_tests.waiting import repeatable
from simulator.devices.desfire import DesfireCard
from simulator.devices.pcsc_card import PcscReader

SOCKET = "PCSCLITE_CSOCK_NAME"


@cache
def emulated_socket() -> Path:
    """Where this process looks for pcscd.

    libpcsclite reads it once in the life of a process, so whoever calls it first decides for all
    who follow: it is told before any test runs. A worker of a parallel run inherits what its
    parent was told, and must not share it: each has an emulated reader of its own.
    """
    path = Path(tempfile.mkdtemp(prefix="pcsc-socket-")) / "pcscd.comm"
    os.environ[SOCKET] = str(path)
    return path


class PcscBench:
    """Cards have to be known beforehand: `named`, besides two stickers."""

    uids, patience_s = UIDS, 15.0

    def __init__(self, directory: Path, rig: Rig | None = None, **named: DesfireCard) -> None:
        if rig is not None and rig.pcsc is not None:
            pytest.skip("one process knows one pcscd: this run is for the reader of the rig")
        self._cards = [f"{uid.hex()}=uid:{uid.hex()}" for uid in UIDS]
        for name, card in named.items():
            path = directory / f"{name}.card"
            path.write_bytes(card.to_bytes())
            self._cards.append(f"{name}=desfire:{path}")
        self._socket = emulated_socket()
        self.plug()
        self.reader = Driver("", SystemClock(), repeatable())

    def hold(self, uid: bytes) -> None:
        self.device.card_in(uid.hex())

    def take_away(self) -> None:
        self.device.card_out()

    def unplug(self) -> None:
        self.device.close()

    def plug(self) -> None:
        self.device = PcscReader(self._cards)
        self._socket.unlink(missing_ok=True)
        self._socket.symlink_to(self.device.socket)

    async def close(self) -> None:
        await self.reader.close()
        self.device.close()

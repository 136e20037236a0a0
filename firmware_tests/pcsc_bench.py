"""Our PC/SC driver on an emulated reader behind pcscd."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from contract.clock import SystemClock
from edge.drivers.pcsc import PcscReader as Driver
from firmware_tests.card_benches import UIDS
from firmware_tests.rig import Rig
from firmware_tests.waiting import repeatable
from simulator.devices.desfire import DesfireCard
from simulator.devices.pcsc_card import PcscReader

SOCKET = "PCSCLITE_CSOCK_NAME"


class PcscBench:
    """Cards have to be known beforehand: `named`, besides two stickers."""

    uids, patience_s = UIDS, 15.0

    def __init__(self, directory: Path, _rig: Rig | None = None, **named: DesfireCard) -> None:
        self._cards = [f"{uid.hex()}=uid:{uid.hex()}" for uid in UIDS]
        for name, card in named.items():
            path = directory / f"{name}.card"
            path.write_bytes(card.to_bytes())
            self._cards.append(f"{name}=desfire:{path}")
        # libpcsclite reads where its socket is once in the life of a process.
        if SOCKET not in os.environ:
            os.environ[SOCKET] = str(Path(tempfile.mkdtemp(prefix="pcsc-socket-")) / "pcscd.comm")
        self._socket = Path(os.environ[SOCKET])
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

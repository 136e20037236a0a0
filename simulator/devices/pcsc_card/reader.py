"""A PC/SC reader that is no machine's business: pcscd and vpcd in namespaces of their own.

vpcd listens on all addresses, so it gets a network of its own; pcscd's socket has a fixed place
under /run, so it gets a /run of its own with that place bound to a folder that clients outside
reach by PCSCLITE_CSOCK_NAME. Needs the right to make namespaces (root, or user namespaces).
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.devices.apart import DeviceApart

SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
CHANNEL = "0x8C7B"
"""Port 35,963."""
CONFIGURATION = f"""FRIENDLYNAME "SoftPlace virtual reader"
DEVICENAME /dev/null:{CHANNEL}
LIBPATH {DRIVER}
CHANNELID {CHANNEL}
"""


class PcscReader:
    """`cards` are as `simulator.devices.cards` names them. `socket` is where its clients call.

    Raises NotStarted.
    """

    def __init__(self, cards: Sequence[str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pcsc-"))
        self.socket = self._folder / "run" / "pcscd.comm"
        """To be given to clients as PCSCLITE_CSOCK_NAME, before they load libpcsclite."""
        (self._folder / "run").mkdir()
        (self._folder / "readers").mkdir()
        (self._folder / "readers" / "virtual").write_text(CONFIGURATION)
        arguments = [word for card in cards for word in ("--card", card)]
        try:
            self._hand = DeviceApart("simulator.devices.pcsc_card", arguments, self._around())
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @staticmethod
    def missing() -> str | None:
        """What this machine lacks for it, None where nothing."""
        if shutil.which("pcscd", path=SEARCHED) is None:
            return "pcscd is missing: apt install pcscd"
        if not DRIVER.exists():
            return "vpcd is missing: apt install vsmartcard-vpcd"
        if os.geteuid() != 0:
            return "only root may give pcscd a network and a /run of its own"
        return None

    def card_in(self, name: str, *, stays_for: int | None = None) -> None:
        """Lay the card of that name on the reader; it is pulled after `stays_for` commands."""
        stay = "" if stays_for is None else f" for {stays_for}"
        self._hand.order(f"card in {name}{stay}")

    def card_out(self) -> None:
        """Take the card up."""
        self._hand.order("card out")

    def close(self) -> None:
        """End pcscd and all its own."""
        self._hand.close()
        shutil.rmtree(self._folder)

    def _around(self) -> list[str]:
        """The command that runs the hand beside a pcscd and ends both together."""
        run, readers = (shlex.quote(str(self._folder / part)) for part in ("run", "readers"))
        script = f"""
            ip link set lo up
            mount -t tmpfs none /run && mkdir /run/pcscd && mount --bind {run} /run/pcscd
            pcscd --foreground --critical --config {readers} >{run}/log 2>&1 </dev/null &
            while [ ! -S {run}/pcscd.comm ] && kill -0 $!; do sleep 0.02; done
            kill -0 $! || exit 1
            "$@"
            kill $!
            wait $!
        """
        return ["unshare", "--net", "--mount", "sh", "-c", script, "pcscd"]

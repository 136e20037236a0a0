"""Which broker a run uses: the one it is given, else Mosquitto, else the embedded one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from backend.broker.embedded import EmbeddedBroker
from backend.broker.errors import BrokerDidNotStart
from backend.broker.model import Account, Broker
from backend.broker.mosquitto import MosquittoBroker, find_mosquitto
from backend.broker.probe import ClientTls, probe_broker
from contract.broker_url import BrokerAddress

BrokerKind = Literal["auto", "mosquitto", "embedded"]


class GivenBroker:
    """A broker somebody else runs: nothing is started, but it must answer and let us in."""

    def __init__(self, address: BrokerAddress, tls: ClientTls | None = None) -> None:
        self._address = address
        self._tls = tls

    @property
    def address(self) -> BrokerAddress:
        """Where it listens, with our credentials."""
        return self._address

    async def start(self) -> None:
        """Make sure that it answers. Raises BrokerUnreachable and BrokerRefusedUs."""
        await probe_broker(self._address, self._tls)

    async def stop(self) -> None:
        """Leave it running."""


def choose_broker(
    directory: Path,
    *,
    given: BrokerAddress | None = None,
    kind: BrokerKind = "auto",
    host: str = "127.0.0.1",
    port: int = 1883,
    accounts: Sequence[Account] = (),
) -> Broker:
    """The broker of a run, not yet started; port 0 picks a free one.

    Raises BrokerDidNotStart where Mosquitto is asked for and absent, and BrokerWouldBeOpen.
    """
    if given is not None:
        return GivenBroker(given)
    binary = find_mosquitto() if kind != "embedded" else None
    if binary is not None:
        return MosquittoBroker(binary, directory, port, accounts, host=host)
    if kind == "mosquitto":
        raise BrokerDidNotStart("mosquitto", "it is not installed (apt install mosquitto)")
    return EmbeddedBroker(host, port, accounts)

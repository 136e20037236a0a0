"""One bench on which either broker is put: the checks do not know which it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backend.broker.embedded import EmbeddedBroker
from backend.broker.model import Account, Broker, BrokerTls, QueueLimits
from backend.broker.mosquitto import MosquittoBroker, find_mosquitto
from contract.topics import Unit
from tests.broker.harness import BrokerThread, Client

B1 = Unit("bus", "b1")
BACKEND = Account("backend", "so secret")
BUS_1 = Account("bus-b1", "one", B1, "lozere")
BUS_2 = Account("bus-b2", "two", Unit("bus", "b2"), "lozere")
ACCOUNTS = (BACKEND, BUS_1, BUS_2)
OWN = "softplace/1/lozere/bus/b1"
OTHER = "softplace/1/lozere/bus/b2"


@dataclass
class Bench:
    """Makes brokers of one kind and clients of them."""

    kind: str
    directory: Path
    stack: ExitStack
    runs: int = 0
    clients: list[Client] = field(default_factory=list)

    def make(
        self,
        accounts: Sequence[Account] = (),
        tls: BrokerTls | None = None,
        limits: QueueLimits | None = None,
    ) -> Broker:
        if self.kind == "embedded":
            return EmbeddedBroker(port=0, accounts=accounts, tls=tls, limits=limits)
        binary = find_mosquitto()
        if binary is None:
            pytest.skip("mosquitto is not installed (apt install mosquitto)")
        self.runs += 1
        return MosquittoBroker(binary, self.directory / str(self.runs), 0, accounts, tls=tls)

    def start(
        self,
        accounts: Sequence[Account] = (),
        tls: BrokerTls | None = None,
        limits: QueueLimits | None = None,
    ) -> BrokerThread:
        return self.stack.enter_context(BrokerThread(lambda: self.make(accounts, tls, limits)))

    def client(
        self, broker: BrokerThread, account: Account | None = None, **options: Any
    ) -> Client:
        """A connected client, disconnected at the end."""
        if account is not None:
            options.update(username=account.username, password=account.password)
        return self.stack.enter_context(Client(broker.address, **options))


@contextmanager
def bench_of(kind: str, directory: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(kind, directory, stack)

"""The broker inside this process: nothing to install, enough for one machine or a village.

What it cannot do stands in `capabilities.py` and is refused aloud. Its queues and retained
messages are in memory: after a restart agents and backend say everything again.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.broker.access import Access
from backend.broker.errors import BrokerDidNotStart, BrokerPortInUse, BrokerWouldBeOpen
from backend.broker.model import Account, BrokerTls, QueueLimits
from contract.broker_url import BrokerAddress
from contract.clock import Clock, SystemClock

if TYPE_CHECKING:
    from backend.broker.mended.broker import MendedBroker

BACKLOG = 256
"""Connections the kernel holds while the process is busy: a fleet may reconnect at once."""


class EmbeddedBroker:
    """amqtt, mended, in the event loop that starts it.

    `clock` measures the silence of peers, so it is real time even in a simulated run. Port 0
    lets the kernel choose. Raises BrokerWouldBeOpen.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 1883,
        accounts: Sequence[Account] = (),
        *,
        limits: QueueLimits | None = None,
        tls: BrokerTls | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not accounts and not is_loopback(host):
            raise BrokerWouldBeOpen(host)
        self._address = BrokerAddress(host, port, tls=tls is not None)
        self._access = Access(accounts)
        self._limits = limits or QueueLimits()
        self._tls = tls
        self._clock = clock or SystemClock()
        self._broker: MendedBroker | None = None

    @property
    def address(self) -> BrokerAddress:
        """Where it listens."""
        return self._address

    async def start(self) -> None:
        """Listen. Raises BrokerPortInUse and BrokerDidNotStart."""
        # amqtt is imported where it is used: a process with Mosquitto never pays for it.
        from amqtt.errors import BrokerError as AmqttError  # noqa: PLC0415

        from backend.broker.mended.broker import MendedBroker  # noqa: PLC0415

        # Its informative lines are one per connection and per session state.
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.ERROR)
        listening = _listen(self._address.host, self._address.port)
        port: int = listening.getsockname()[1]
        broker = MendedBroker(listening, self._access, self._limits, self._clock, self._tls)
        try:
            await broker.start()
        except (AmqttError, OSError) as error:
            listening.close()
            raise BrokerDidNotStart("the embedded broker", str(error)) from error
        self._broker = broker
        self._address = BrokerAddress(self._address.host, port, tls=self._tls is not None)

    async def stop(self) -> None:
        """Close every connection and release the port; harmless if it never started."""
        broker, self._broker = self._broker, None
        if broker is not None:
            await broker.shutdown()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise BrokerPortInUse(host, port) from error
        raise BrokerDidNotStart(
            "the embedded broker", f"cannot listen on {host}:{port}: {error.strerror}"
        ) from error
    listening.setblocking(False)
    return listening

"""Listens to a broker for as long as a check wants, and publishes to itself."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import ssl
from types import TracebackType
from typing import Self

from backend.mqtt.packets import Message
from backend.mqtt.session import MqttSession, SessionSettings
from contract.broker_url import BrokerAddress
from softplace.doctor.subject import Subject

CONNECT_WITHIN_S = 5.0


class CannotListen(Exception):
    """The broker does not let us, or is gone; a sentence."""


class Ear:
    """One session without a past; `messages` are those heard, acknowledged only on demand."""

    def __init__(self, subject: Subject, broker: BrokerAddress, filters: tuple[str, ...]) -> None:
        self.messages: list[Message] = []
        self._clock = subject.clock
        self._acknowledging = False
        self._generation = 0
        self._connected = asyncio.Event()
        settings = SessionSettings(
            broker=broker,
            client_id=f"softplace-doctor-{secrets.token_hex(4)}",
            filters=filters,
            clean=True,
            tls=tls_context(subject) if broker.tls else None,
        )
        self._session = MqttSession(
            settings,
            self._heard,
            lambda _: self._connected.set(),
            subject.clock,
            random.SystemRandom(),
        )

    async def __aenter__(self) -> Self:
        """Connect and subscribe. Raises CannotListen."""
        # What the session would log is what the check says.
        logging.getLogger("softplace.mqtt").setLevel(logging.CRITICAL)
        self._running = asyncio.create_task(self._session.run())
        deadline_s = self._clock.monotonic_s() + CONNECT_WITHIN_S
        while not self._connected.is_set():
            if self._session.trouble or self._clock.monotonic_s() > deadline_s:
                await self._end()
                raise CannotListen(self._session.trouble or "the broker does not answer")
            await self._clock.sleep(0.02)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1, not retained."""
        self._session.publish(topic, payload)

    def acknowledge(self) -> None:
        """Acknowledge what was heard and all that follows."""
        self._acknowledging = True
        self._session.acknowledge(self._generation, [m[2] for m in self.messages if m[2]])

    async def until_quiet(self, quiet_s: float, enough: int) -> None:
        """Return when nothing has come for `quiet_s`, or `enough` messages have."""
        before = -1
        while before < len(self.messages) < enough:
            before = len(self.messages)
            await self._clock.sleep(quiet_s)

    def _heard(self, generation: int, messages: list[Message]) -> None:
        self._generation = generation
        self.messages += messages
        if self._acknowledging:
            self._session.acknowledge(generation, [m[2] for m in messages if m[2]])

    async def _end(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])


def tls_context(subject: Subject) -> ssl.SSLContext:
    """Our side of TLS. Raises OSError where a file cannot be read."""
    from backend.broker.probe import ClientTls  # noqa: PLC0415 - beside its only use

    return ClientTls(subject.tls.ca_file, subject.tls.cert_file, subject.tls.key_file).context()

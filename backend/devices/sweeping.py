"""Clears what a unit left retained at the broker, and throws out a session that still stands."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from dataclasses import dataclass
from random import Random

from backend.devices.authority import common_name
from backend.mqtt.packets import Message
from backend.mqtt.session import MqttSession, SessionSettings
from contract.broker_url import BrokerAddress
from contract.clock import Clock
from contract.topics import ROOT, Unit

QUIET_S = 0.5
"""Retained messages come in one burst after the subscription."""
CONNECT_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class BrokerDoor:
    """How the backend reaches the broker."""

    address: BrokerAddress
    tls: ssl.SSLContext | None = None


class _Visit:
    """A session for one errand."""

    def __init__(
        self,
        door: BrokerDoor,
        client_id: str,
        filters: tuple[str, ...],
        clock: Clock,
        chance: Random,
    ) -> None:
        self.topics: list[str] = []
        self.connected = asyncio.Event()
        self._clock = clock
        settings = SessionSettings(
            broker=door.address, client_id=client_id, filters=filters, clean=True, tls=door.tls
        )
        self.session = MqttSession(
            settings, self._heard, lambda _: self.connected.set(), clock, chance
        )

    async def pay(self) -> bool:
        """Stay until nothing more comes and what was published is taken; False: not let in."""
        running = asyncio.create_task(self.session.run())
        try:
            deadline_s = self._clock.monotonic_s() + CONNECT_WITHIN_S
            while not self.connected.is_set():
                if self._clock.monotonic_s() > deadline_s:
                    return False
                await self._clock.sleep(0.02)
            heard = -1
            while heard < len(self.topics) or self.session.unacknowledged:
                heard = len(self.topics)
                await self._clock.sleep(QUIET_S)
            return True
        finally:
            running.cancel()
            await asyncio.wait([running])

    def _heard(self, generation: int, messages: list[Message]) -> None:
        for topic, payload, packet_id in messages:
            if packet_id:
                self.session.acknowledge(generation, [packet_id])
            # What we clear comes back to us as an empty message.
            if payload:
                self.topics.append(topic.decode(errors="replace"))
                self.session.publish(self.topics[-1], b"", retain=True)


async def sweep(
    door: BrokerDoor, territory: str, unit: Unit, clock: Clock, chance: Random
) -> list[str] | None:
    """Clear every topic of `unit`, said or told; returns them, None where the broker is away."""
    everything = f"{ROOT}/{territory}/{unit}/#"
    visit = _Visit(door, f"softplace-sweep-{secrets.token_hex(4)}", (everything,), clock, chance)
    return visit.topics if await visit.pay() else None


async def throw_out(
    door: BrokerDoor,
    territory: str,
    unit: Unit,
    outboxes: list[str],
    clock: Clock,
    chance: Random,
    *,
    is_new: bool,
) -> None:
    """End the sessions of those outboxes: who connects with a client id takes its place.

    A broker that reads a new revocation list does not look at sessions that stand. Ours gives a
    device the name in its certificate for a client id, whatever it calls itself; its successor has
    the same name, so that one is taken only while the withdrawal `is_new`.
    """
    names = [f"softplace-{unit.kind}-{unit.name}-{outbox}" for outbox in outboxes]
    for client_id in [common_name(territory, unit), *names] if is_new else names:
        await _Visit(door, client_id, (), clock, chance).pay()

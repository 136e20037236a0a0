"""The SOS at work: button and cab screen to the link, and back what became of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from edge.drivers.lines import Edge
from edge.link.reading import Reading
from edge.truck_agent.alarm_words import alarm_body
from edge.truck_agent.memory import Memory
from edge.truck_agent.situation import Situation
from edge.truck_agent.sos import OpenSos, Sos, SosState

_log = logging.getLogger(__name__)


class AlarmLink(Protocol):
    """What alarms ask of the link."""

    def put(self, reading: Reading) -> None: ...

    async def settled(self, stream: str | None = None) -> None: ...


class SosDesk:
    """Says each alarm at once; believes that it was received when the backend has stored it."""

    def __init__(self, sos: Sos, link: AlarmLink, situation: Situation, memory: Memory) -> None:
        self._sos = sos
        self._link = link
        self._situation = situation
        self._memory = memory
        self._waiting: dict[str, asyncio.Task[None]] = {}

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to see one."""
        return self._sos.is_open

    @property
    def state(self) -> SosState:
        """What the cab may claim."""
        return self._sos.state

    @property
    def open(self) -> OpenSos | None:
        """The last one, if any."""
        return self._sos.open

    def edge(self, edge: Edge) -> None:
        """The button goes down or up."""
        if edge.active:
            self._sos.press(self._situation.now_s)
        else:
            self._sos.release()

    def trigger(self) -> None:
        """The cab screen has taken the long press itself."""
        self._say(self._sos.trigger(self._situation.now_s, self._now_ms()), "raised")

    def tick(self, now_s: float) -> None:
        """Say what is due."""
        due = self._sos.tick(now_s, self._now_ms())
        if due is not None:
            self._say(due, "raised")

    def acknowledge(self, reference: str) -> bool:
        """Somebody has seen it; False where none of that name is open."""
        seen = self._sos.acknowledge(reference, self._now_ms())
        if seen is None:
            return False
        self._say(seen, "acknowledged")
        return True

    def stop(self) -> None:
        """Wait for nothing any more."""
        for waiting in self._waiting.values():
            waiting.cancel()

    def _say(self, sos: OpenSos, state: str) -> None:
        self._memory.kept.sos = sos
        self._memory.save()
        fix, age_s = self._situation.fix, self._situation.age_s()
        body = alarm_body("sos", sos.reference, state, fix=fix, fix_age_s=age_s)
        self._link.put(Reading("alarm", body, self._situation.clock.boot_ms()))
        _log.warning("sos=%s reference=%s", state, sos.reference)
        if sos.received_ms is None and sos.reference not in self._waiting:
            waiting = asyncio.create_task(self._received(sos.reference), name=sos.reference)
            self._waiting[sos.reference] = waiting

    async def _received(self, reference: str) -> None:
        await self._link.settled("alarm")
        del self._waiting[reference]
        if self._sos.confirmed(reference, self._now_ms()):
            self._memory.save()

    def _now_ms(self) -> int:
        return self._situation.clock.now_ms()

"""Everything aboard beside the receiver: the parts that are wired, and one beat for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.clock import Clock
from edge.agent.service import Work
from edge.drivers.lines import OutputLines
from edge.drivers.position_source import Fix
from edge.link.systemd import Watchdog
from edge.truck_agent.ignition import Do
from edge.truck_agent.itinerary import Itinerary
from edge.truck_agent.key_watch import KeyWatch
from edge.truck_agent.lone_worker_desk import LoneWorkerDesk
from edge.truck_agent.messages import Messages
from edge.truck_agent.situation import Situation
from edge.truck_agent.sos_desk import SosDesk

if TYPE_CHECKING:
    from edge.truck_agent.boarding import Boarding
    from edge.truck_agent.counter import PassengerCounter

BEAT_S = 0.25
"""A long press is felt to be two seconds, a buzzer to be steady; four wake-ups cost nothing."""
PROMISE_S = 60.0
"""The beat comes at least so often, whatever the disk does."""


@dataclass(slots=True)
class Parts:
    """What is there; None or empty where it is not wired or not configured."""

    key: KeyWatch | None = None
    sos: SosDesk | None = None
    lone_worker: LoneWorkerDesk | None = None
    counter: PassengerCounter | None = None
    itinerary: Itinerary | None = None
    boarding: Boarding | None = None
    outputs: OutputLines | None = None
    messages: Messages = field(default_factory=Messages)


class Aboard:
    """The parts of one vehicle."""

    def __init__(
        self,
        clock: Clock,
        situation: Situation,
        parts: Parts,
        works: Sequence[Work] = (),
        watchdog: Watchdog | None = None,
    ) -> None:
        self.parts = parts
        self._watchdog = watchdog
        self.situation = situation
        self._clock = clock
        self._works = list(works)
        self._woke: list[Callable[[], None]] = []
        self._ends: list[Callable[[], None]] = []

    def add(self, work: Work) -> None:
        """Run this too."""
        self._works.append(work)

    def at_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the agent stops."""
        self._ends.append(listener)

    def on_wake(self, listener: Callable[[], None]) -> None:
        """Call `listener` when somebody comes on duty."""
        self._woke.append(listener)

    @property
    def works(self) -> tuple[Work, ...]:
        """What is to run beside the positions."""
        return (*self._works, Work("aboard", self._beat))

    @property
    def may_say_position(self) -> bool:
        """Where a person off duty is is nobody's business."""
        return self.parts.key is None or self.parts.key.on_duty

    @property
    def asleep(self) -> bool:
        """Whether the key is known to be off."""
        return self.parts.key is not None and self.parts.key.asleep

    def begin(self) -> None:
        """Before the link speaks."""
        if self.parts.key is not None:
            self.parts.key.begin()

    def take(self, fix: Fix) -> None:
        """The vehicle is here now."""
        self.situation.take(fix)
        if self.parts.lone_worker is not None:
            self.parts.lone_worker.moved()
        if self.parts.counter is not None:
            self.parts.counter.moved()

    def health(self) -> dict[str, object]:
        """What the parts add to `health`."""
        faults = len(self.parts.counter.faults) if self.parts.counter is not None else 0
        if self.parts.lone_worker is not None:
            faults += self.parts.lone_worker.is_faulty
        if self.parts.boarding is not None:
            faults += self.parts.boarding.is_faulty
        return {"sensor_faults": faults} if faults else {}

    def end(self) -> None:
        """The agent stops: let everything go, keep what was learned."""
        parts = self.parts
        for part in (parts.key, parts.sos, parts.lone_worker, parts.counter):
            if part is not None:
                part.stop()
        for listener in self._ends:
            listener()
        if parts.outputs is not None:
            parts.outputs.close()

    async def _beat(self) -> None:
        while True:
            # Nobody may wait for help from a ladder that hangs: systemd then starts us anew.
            if self._watchdog is not None:
                self._watchdog.promise("aboard", PROMISE_S)
            self._tick(self.situation.now_s)
            await self._clock.sleep(BEAT_S)

    def _tick(self, now_s: float) -> None:
        parts = self.parts
        if parts.sos is not None:
            parts.sos.tick(now_s)
        if parts.lone_worker is not None:
            parts.lone_worker.tick(now_s)
        if parts.counter is not None:
            parts.counter.tick(now_s)
        if parts.key is None:
            return
        sos_is_open = parts.sos is not None and parts.sos.is_open
        alone = parts.lone_worker is not None and parts.lone_worker.session is not None
        slept = parts.key.asleep
        do = parts.key.tick(now_s, needed=sos_is_open or alone)
        if do is Do.WAKE:
            # A program that was started anew in the middle of a shift has riders aboard.
            if slept and parts.counter is not None:
                parts.counter.key_on()
            for listener in self._woke:
                listener()
        if do is Do.FALL_ASLEEP and parts.counter is not None:
            parts.counter.key_off()

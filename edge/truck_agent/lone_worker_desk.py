"""The lone-worker session at work: signs of life in, words and the buzzer out."""

from __future__ import annotations

from collections.abc import Callable

from edge.drivers.lines import Edge
from edge.link.reading import Reading
from edge.truck_agent.alarm_words import alarm_body
from edge.truck_agent.buzzer import Buzzer
from edge.truck_agent.core import DRIVES_M_S
from edge.truck_agent.lone_worker import ASKED, LoneWorker, Session, Word
from edge.truck_agent.memory import Memory
from edge.truck_agent.situation import Situation
from edge.truck_agent.sos_desk import AlarmLink
from edge.truck_agent.zone_keeper import ZoneKeeper

LONG_PRESS_S = 3.0


class LoneWorkerDesk:
    """One vehicle's session, over restarts.

    Args:
        worker: the ladder.
        link: where words go.
        situation: where the vehicle is.
        memory: what is kept.
        zones: where there is no network.
        draw: makes a new reference.
        buzzer: None where the cab has none.
    """

    def __init__(
        self,
        worker: LoneWorker,
        link: AlarmLink,
        situation: Situation,
        memory: Memory,
        zones: ZoneKeeper,
        draw: Callable[[], str],
        buzzer: Buzzer | None = None,
    ) -> None:
        self._worker = worker
        self._link = link
        self._situation = situation
        self._memory = memory
        self._zones = zones
        self._draw = draw
        self._buzzer = buzzer
        self._pressed_s: float | None = None
        if memory.kept.session is not None:
            worker.resume(memory.kept.session, situation.now_s, same_boot=memory.same_boot)

    @property
    def session(self) -> Session | None:
        """The session as it stands."""
        return self._worker.session

    @property
    def zone_grace_s(self) -> float:
        """What the place adds to the silence that is in order; 0 where there is network."""
        return self._zones.grace_s(self._situation)

    @property
    def is_faulty(self) -> bool:
        """Whether the cab cannot be made to hear."""
        return self._buzzer is not None and self._buzzer.is_faulty

    def edge(self, edge: Edge) -> None:
        """The button: short is a sign of life, long starts or ends the session."""
        now_s = self._situation.now_s
        if edge.active:
            self._pressed_s = now_s
            return
        pressed_s, self._pressed_s = self._pressed_s, None
        if pressed_s is None:
            return
        if now_s - pressed_s < LONG_PRESS_S:
            self.alive()
        elif self.session is None:
            self.start()
        else:
            self.end()

    def start(self) -> None:
        """The person begins."""
        now_s = self._situation.now_s
        words = self._worker.start(self._draw(), now_s)
        # Begun inside a dead zone: the first word already says so.
        self._say(self._worker.without_network(self.zone_grace_s, now_s) or words)

    def alive(self) -> None:
        """The person is well."""
        self._say(self._worker.alive(self._situation.now_s))

    def end(self) -> None:
        """The person ends the session."""
        self._say(self._worker.end())

    def acknowledge(self, reference: str) -> bool:
        """Somebody takes it; False where nobody was asked, or not by that name."""
        if self.session is None or self.session.reference != reference:
            return False
        words = self._worker.acknowledge(self._situation.now_s)
        self._say(words)
        return bool(words)

    def moved(self) -> None:
        """There is a new fix."""
        now_s, speed_m_s = self._situation.now_s, self._situation.speed_m_s()
        self._zones.see(self._situation)
        self._say(self._worker.without_network(self.zone_grace_s, now_s))
        if speed_m_s is not None and speed_m_s >= DRIVES_M_S:
            self._say(self._worker.drives(now_s))

    def tick(self, now_s: float) -> None:
        """Say what is due."""
        self._say(self._worker.tick(now_s))
        if self._buzzer is not None:
            self._buzzer.tick(now_s, wanted=self._worker.buzzes)

    def stop(self) -> None:
        """Keep what was learned."""
        self._zones.save()

    def _say(self, words: list[Word]) -> None:
        for word in words:
            self._link.put(Reading("alarm", self._body(word), self._situation.clock.boot_ms()))
        if words:
            self._memory.kept.session = self._worker.session
            self._memory.save()

    def _body(self, word: Word) -> dict[str, object]:
        """Where the person is is said when somebody else is to act, and never before."""
        to_act = word.step in ASKED and word.state in {"raised", "escalated"}
        return alarm_body(
            "lone_worker_silent",
            word.reference,
            word.state,
            step=word.step,
            silent_after_s=word.silent_after_s,
            fix=self._situation.fix if to_act else None,
            fix_age_s=self._situation.age_s(),
        )

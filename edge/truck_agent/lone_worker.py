"""A lone-worker session: signs of life, and the ladder when they stop.

Rules of this file: pure; `now_s` are seconds of the boot clock. The person starts and ends the
session. No sign of life by the end of a step, and the next step begins: the cab is asked, then a
supervisor, then a second person, who is asked again and again. Every step ends acknowledged or
escalated, once. Each word says how long the backend may hear nothing before the silence itself is
an alarm, longer where this vehicle knows that it will be without network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from msgspec import Struct

Step = Literal["quiet", "cab", "supervisor", "second-person", "taken"]
"""`quiet`: a sign of life is not yet due. `taken`: somebody has acknowledged and is on it."""
Asked = Literal["supervisor", "second-person"]
NEXT: dict[Step, Step] = {
    "quiet": "cab",
    "cab": "supervisor",
    "supervisor": "second-person",
    "second-person": "second-person",
    "taken": "supervisor",
}
BUZZING = ("cab", "supervisor", "second-person")
ASKED = ("supervisor", "second-person")
"""Steps at which somebody else is to act."""
LEAST_CHANGE_S = 60.0
"""A zone's grace that changes by less is not announced anew."""


@dataclass(frozen=True, slots=True)
class LadderRules:
    """How long each step lasts; seconds."""

    interval_s: float = 1_800.0
    """A sign of life is due so long after the last one."""
    cab_s: float = 120.0
    supervisor_s: float = 300.0
    second_s: float = 300.0
    taken_s: float = 1_800.0
    """Acknowledged, and still nothing of the person after so long: the supervisor is asked anew."""
    margin_s: float = 120.0
    """What the backend allows for the way of a message."""
    renew_s: float = 300.0
    """Driving renews the announcement so often."""

    def lasts_s(self, step: Step) -> float:
        """How long a step lasts before the next one."""
        return {
            "quiet": self.interval_s,
            "cab": self.cab_s,
            "supervisor": self.supervisor_s,
            "second-person": self.second_s,
            "taken": self.taken_s,
        }[step]


class Session(Struct):
    """What is kept on the disk."""

    reference: str
    step: Step
    until_s: float
    """When the step ends, on the boot clock."""
    announced_s: float
    """The sign of life from which the announced silence counts."""
    grace_s: float = 0.0
    """The zone's, as announced."""


class Word(NamedTuple):
    """What is to be said of the session."""

    reference: str
    state: Literal["raised", "escalated", "acknowledged", "cleared"]
    step: Literal["cab", "supervisor", "second-person"] | None
    silent_after_s: float | None


class LoneWorker:
    """The session of one vehicle, if there is one."""

    def __init__(self, rules: LadderRules) -> None:
        self.session: Session | None = None
        self._rules = rules

    @property
    def buzzes(self) -> bool:
        """Whether the cab is to make itself heard."""
        return self.session is not None and self.session.step in BUZZING

    def resume(self, kept: Session, now_s: float, *, same_boot: bool) -> None:
        """Go on with what the program before this one kept.

        After a power cut nobody knows how long it was: what was due soon is due now.
        """
        self.session = kept
        if not same_boot:
            kept.until_s = now_s + (self._rules.taken_s if kept.step == "taken" else 0.0)
            kept.announced_s = now_s - self._rules.interval_s

    def start(self, reference: str, now_s: float) -> list[Word]:
        """The person begins; in a session it is a sign of life."""
        if self.session is not None:
            return self.alive(now_s)
        self.session = Session(reference, "quiet", now_s + self._rules.interval_s, now_s)
        return [self._in_order(self.session, now_s)]

    def alive(self, now_s: float) -> list[Word]:
        """The person says that they are well; ends every step."""
        if self.session is None:
            return []
        self._enter(self.session, "quiet", now_s)
        return [self._in_order(self.session, now_s)]

    def drives(self, now_s: float) -> list[Word]:
        """The vehicle is driven: a sign of life, unless others were asked already."""
        session = self.session
        if session is None or session.step not in {"quiet", "cab"}:
            return []
        was_asked = session.step == "cab"
        self._enter(session, "quiet", now_s)
        if not was_asked and now_s - session.announced_s < self._rules.renew_s:
            return []
        return [self._in_order(session, now_s)]

    def end(self) -> list[Word]:
        """The person ends the session."""
        if self.session is None:
            return []
        reference, self.session = self.session.reference, None
        return [Word(reference, "cleared", None, None)]

    def acknowledge(self, now_s: float) -> list[Word]:
        """Somebody takes it; nothing where nobody was asked."""
        session = self.session
        if session is None or session.step not in ASKED:
            return []
        step: Asked = "supervisor" if session.step == "supervisor" else "second-person"
        self._enter(session, "taken", now_s)
        silent_s = self._rules.taken_s + self._rules.margin_s + session.grace_s
        return [Word(session.reference, "acknowledged", step, silent_s)]

    def without_network(self, grace_s: float, now_s: float) -> list[Word]:
        """Around here this vehicle is usually without network for `grace_s`, 0 where it is not."""
        session = self.session
        if session is None or abs(grace_s - session.grace_s) < LEAST_CHANGE_S:
            return []
        session.grace_s = grace_s
        return [self._in_order(session, now_s)] if session.step == "quiet" else []

    def tick(self, now_s: float) -> list[Word]:
        """What is due: at most one step, so that whoever is asked has their time to answer."""
        session = self.session
        if session is None or now_s < session.until_s:
            return []
        step = NEXT[session.step]
        self._enter(session, step, now_s)
        if step == "cab":
            # Nobody else is to act yet, so no alarm is raised.
            silent_s = self._rules.cab_s + self._rules.margin_s + session.grace_s
            return [Word(session.reference, "cleared", step, silent_s)]
        if step == "supervisor":
            return [Word(session.reference, "raised", step, None)]
        return [Word(session.reference, "escalated", "second-person", None)]

    def _enter(self, session: Session, step: Step, now_s: float) -> None:
        session.step = step
        session.until_s = now_s + self._rules.lasts_s(step)

    def _in_order(self, session: Session, now_s: float) -> Word:
        # What is announced is the step's end; driving may move it `renew_s` further and no more.
        session.announced_s = session.until_s - self._rules.interval_s
        left_s = max(session.until_s - now_s, 0.0)
        # Driving moves the end of the step up to `renew_s` further without a word.
        unsaid_s = self._rules.renew_s + self._rules.margin_s
        silent_s = left_s + self._rules.cab_s + unsaid_s + session.grace_s
        return Word(session.reference, "cleared", None, silent_s)

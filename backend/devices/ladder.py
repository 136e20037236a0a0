"""Who is asked for a person in distress, and who is asked next when nobody answers.

Rules of this file: pure. The unit climbs a ladder of its own while it lives; this one climbs
whether it lives or not, and whatever the unit says never takes a step back. An answer ends the
asking; of a lone worker of whom nothing comes after it, the supervisor is asked anew.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from contract.uplink import Alarm

Step = Literal["supervisor", "second-person", "taken"]
"""`taken`: somebody has acknowledged and is on it."""
SOS = "sos"
Minutes = Annotated[float, Meta(ge=0.5, le=1_440)]
Role = Annotated[str, Meta(max_length=80)]


class LadderRules(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """[distress]: who answers, and within how long before the next one is asked."""

    supervisor: Role = ""
    """A role or a duty, as "astreinte technique"; it is shown with the alarm."""
    second_person: Role = ""
    supervisor_min: Minutes = 5.0
    second_min: Minutes = 5.0
    """The second person is asked again each time after so long."""
    taken_min: Minutes = 30.0
    """Acknowledged, and still nothing of the lone worker after so long."""

    def who(self, step: Step) -> str:
        """Whom a step asks, for people to read."""
        if step == "taken":
            return "somebody is on it"
        key = "supervisor" if step == "supervisor" else "second_person"
        return getattr(self, key) or f"nobody is named, see {key} under [distress]"

    def lasts_ms(self, step: Step) -> int:
        """How long a step waits for an answer."""
        minutes = {
            "supervisor": self.supervisor_min,
            "second-person": self.second_min,
            "taken": self.taken_min,
        }[step]
        return int(minutes * 60_000)


class Asking(NamedTuple):
    """How far the asking is; `step` is None where nobody is asked."""

    step: Step | None = None
    since_ms: int | None = None
    acknowledged_ms: int | None = None
    acknowledged_by: str | None = None


NOBODY = Asking()


def begun(now_ms: int) -> Asking:
    """Somebody is to act."""
    return Asking("supervisor", now_ms)


def heard(asking: Asking, alarm: Alarm, at_ms: int, now_ms: int) -> Asking:
    """After a word of the unit that was said at `at_ms` and came now."""
    if alarm.state not in {"raised", "escalated"}:
        return asking._replace(step=None, since_ms=None)
    if asking.step in {None, "taken"} and _is_answered(asking, alarm, at_ms):
        return asking
    if alarm.step == "second-person":
        return asking if asking.step == "second-person" else Asking("second-person", now_ms)
    return asking if asking.step in {"supervisor", "second-person"} else begun(now_ms)


def _is_answered(asking: Asking, alarm: Alarm, at_ms: int) -> bool:
    """Whether this was said by a unit that does not know yet what was answered.

    An SOS is repeated until the answer is there. A lone worker's ladder goes on to the second
    person for want of an answer; after one it begins again at the supervisor.
    """
    if asking.acknowledged_ms is None:
        return False
    goes_on = asking.step == "taken" and alarm.state == "escalated"
    return alarm.alarm == SOS or goes_on or at_ms <= asking.acknowledged_ms


def acknowledged(by: str, now_ms: int) -> Asking:
    """Somebody answers."""
    return Asking("taken", now_ms, now_ms, by)


def deadline_ms(alarm: str, asking: Asking, rules: LadderRules) -> int | None:
    """When the next one is asked; None where nobody is waited for."""
    if asking.step is None or asking.since_ms is None:
        return None
    if asking.step == "taken" and alarm == SOS:
        return None
    return asking.since_ms + rules.lasts_ms(asking.step)


def due(alarm: str, asking: Asking, now_ms: int, rules: LadderRules) -> Asking | None:
    """The next step where it is time for it."""
    until_ms = deadline_ms(alarm, asking, rules)
    if until_ms is None or now_ms < until_ms:
        return None
    return begun(now_ms) if asking.step == "taken" else Asking("second-person", now_ms)

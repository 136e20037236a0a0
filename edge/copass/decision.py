"""Whether a tap opens, and why. The one place where that is decided, for doors, lockers, buses.

Rules of this file: pure. Order: mode, too many tries, unknown, revoked, authentic, right here,
window, bound, passback. A reader on the way out never refuses: what it would have refused is a
warning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from contract.rights import Right
from contract.uplink import TapReason
from edge.copass.rights_table import RightsTable
from edge.copass.schedules import midnight_ms
from edge.copass.time_keeper import Moment
from edge.copass.verdict import Verdict, judge

Mode = Literal["normal", "lockdown", "free_access", "free_egress"]
MODES: tuple[Mode, ...] = ("normal", "lockdown", "free_access", "free_egress")
"""Open to every card; or the lock released so that people get out, cards judged as ever."""
Direction = Literal["in", "out"]
Proof = Literal["authentic", "not_authentic", "gone"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator settles per point."""

    clockless_limit_ms: int = 24 * 3_600_000
    """Running time without a trusted clock after which nothing opens."""
    windowed_without_clock: Literal["refuse", "reckon"] = "refuse"
    """Bookings and opening hours without a clock: no, or by the reckoned time."""
    passback: Literal["off", "soft", "hard"] = "soft"
    """A second entry without leaving: nothing, a warning, or (only while online) a refusal."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The last way a card was let through."""

    direction: Direction
    utc_ms: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A card at a point."""

    tag: bytes
    point: str
    mode: Mode = "normal"
    direction: Direction | None = None
    proof: Proof | None = None
    """None: the card has not been asked yet."""
    barred_s: float = 0.0
    """How long the reader still waits after too many tries."""
    last: Passage | None = None
    is_online: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and what may be said of it on the screen."""

    is_granted: bool
    reason: TapReason
    warning: str | None = None
    right_id: int | None = None
    is_duress: bool = False
    kind: str | None = None
    label: str = ""
    """Initials and desk."""
    starts_ms: int | None = None
    """`too_early`: when it opens."""
    until_ms: int | None = None
    """End of the booking, where there is one."""
    is_closed_hours: bool = False
    """`too_early` by opening hours, not by a booking."""
    elsewhere: str | None = None
    """`no_right_here`: the point of this unit at which the card has a right."""
    wait_s: float = 0.0
    """`too_many_tries`: until when."""

    @property
    def word(self) -> Literal["granted", "refused"]:
        """As it goes on the wire."""
        return "granted" if self.is_granted else "refused"


def decide(asked: Asked, table: RightsTable, moment: Moment, policy: Policy) -> Decision | None:
    """The decision, or None where the card must first prove to be itself."""
    decided = _decide(asked, table, moment, policy)
    if decided is None or decided.is_granted or asked.direction != "out":
        return decided
    return Decision(is_granted=True, reason="granted", warning=decided.reason)


def _decide(asked: Asked, table: RightsTable, moment: Moment, policy: Policy) -> Decision | None:
    if asked.mode == "free_access":
        return Decision(is_granted=True, reason="granted", warning="free_access")
    rights = table.rights_of(asked.tag)
    if asked.mode == "lockdown":
        rights = tuple(right for right in rights if right.passes_lockdown)
        if not any(asked.point in right.points for right in rights):
            return _refused("locked_down")
    refused = _by_card(asked, table)
    if refused is not None or asked.proof is None:
        return refused
    decided = _best(asked, rights, table, moment, policy)
    return _with_passback(decided, asked, table, moment, policy)


def _by_card(asked: Asked, table: RightsTable) -> Decision | None:
    """Refused for what the card is, whatever its rights."""
    if asked.barred_s > 0:
        return replace(_refused("too_many_tries"), wait_s=asked.barred_s)
    if table.is_revoked(asked.tag):
        return _refused("revoked")
    if table.card(asked.tag) is None:
        return _refused("unknown_card")
    if asked.proof in {None, "authentic"}:
        return None
    return _refused("read_again" if asked.proof == "gone" else "not_authentic")


def _refused(reason: TapReason) -> Decision:
    return Decision(is_granted=False, reason=reason)


_RANK: tuple[TapReason, ...] = ("granted", "too_early", "clock_unknown", "expired", "no_right_here")
"""Of several rights the one that says most: a booking to come above one that is over."""


def _best(
    asked: Asked,
    rights: tuple[Right, ...],
    table: RightsTable,
    moment: Moment,
    policy: Policy,
) -> Decision:
    here = [right for right in rights if asked.point in right.points]
    if not here:
        elsewhere = next((right.points[0] for right in rights if right.points), None)
        return replace(_refused("no_right_here"), elsewhere=elsewhere)
    reckons = policy.windowed_without_clock == "reckon"
    verdicts = [
        (right, judge(right, table, moment, policy.clockless_limit_ms, reckons=reckons))
        for right in here
    ]
    right, verdict = min(verdicts, key=_order)
    decided = _said(right, verdict)
    if decided.is_granted and any(r.duress and v.reason == "granted" for r, v in verdicts):
        return replace(decided, is_duress=True)
    return decided


def _order(judged: tuple[Right, Verdict]) -> tuple[int, int]:
    right, verdict = judged
    soonest = verdict.starts_ms if verdict.starts_ms is not None else 0
    latest = right.ends_ms if verdict.reason == "expired" and right.ends_ms is not None else 0
    return _RANK.index(verdict.reason), soonest - latest


def _said(right: Right, verdict: Verdict) -> Decision:
    return Decision(
        is_granted=verdict.reason == "granted",
        reason=verdict.reason,
        right_id=right.right_id,
        kind=right.kind,
        label=right.label,
        starts_ms=verdict.starts_ms,
        until_ms=right.ends_ms if right.kind == "booking" else None,
        is_closed_hours=verdict.is_closed_hours,
    )


def _with_passback(
    decided: Decision, asked: Asked, table: RightsTable, moment: Moment, policy: Policy
) -> Decision:
    """Entered twice without leaving, today: somebody passed the card back."""
    if not decided.is_granted or policy.passback == "off" or not moment.is_trusted:
        return decided
    last = asked.last
    if asked.direction is None or last is None or last.direction != asked.direction:
        return decided
    if last.utc_ms < midnight_ms(moment.utc_ms, table.zone):
        return decided
    # Who is forced to come in again is let in: a refusal would tell the one who forces.
    if policy.passback == "hard" and asked.is_online and not decided.is_duress:
        return replace(_refused("anti_passback"), right_id=decided.right_id)
    return replace(decided, warning="anti_passback")

"""A card held to a reader: proven, decided, written down; then it is the caller's to open."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from contract.clock import Clock
from contract.pseudonym import pseudonym_at
from contract.rights import CardKey
from edge.copass.decision import Asked, Decision, Direction, Mode, Policy, Proof, decide
from edge.copass.errors import JournalUnwritable
from edge.copass.passages import Passages
from edge.copass.proof.errors import NotAuthentic
from edge.copass.recorder import Recorder
from edge.copass.rights_store import RightsStore
from edge.copass.time_keeper import Moment
from edge.copass.timepiece import Timepiece
from edge.copass.tries import Tries
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import CardGone, ReaderFault
from edge.drivers.waiting import Trouble

Prove = Callable[[CardChannel, CardKey], Awaitable[object]]
"""Returns where the card is what it says; raises NotAuthentic, CardGone, ReaderFault."""

UNDECIDED = Decision(is_granted=False, reason="not_authentic")
"""Nothing is left open: a card that was asked and did not answer well is refused."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """What a reader opens: a door, a locker, a vehicle door."""

    name: str
    direction: Direction | None = None
    opens_unrecorded: bool = False
    """Opens also where the journal takes no entry; a reader on the way out always does."""
    at: str | None = None
    """Where the reader is, if not at `name`: a bus door, where `name` is the ride."""

    @property
    def place(self) -> str:
        """What the tap says of where it was."""
        return self.at or self.name


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the card in the field: until it was proven, decided, written down."""

    proven_s: float
    decided_s: float
    written_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a tap. `opens`: the caller opens, now and synchronously."""

    decision: Decision
    opens: bool
    is_recorded: bool
    pseudonym: str
    timing: Timing


class TapDesk:
    """Decides taps at the readers of one unit.

    Args:
        store: the rights.
        recorder: the journal.
        timepiece: what time it is, and whether that is sure.
        prove: asks a card to prove itself.
        clock: for durations.
        policy: of the unit.
        is_online: whether the link stands.
    """

    def __init__(
        self,
        store: RightsStore,
        recorder: Recorder,
        timepiece: Timepiece,
        prove: Prove,
        clock: Clock,
        policy: Policy,
        is_online: Callable[[], bool],
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._timepiece = timepiece
        self._prove = prove
        self._clock = clock
        self._policy = policy
        self._is_online = is_online
        self._tries: dict[str, Tries] = {}
        self._passages = Passages(recorder.journal.recent)
        self._trouble = Trouble(_log, "journal", "taps")

    async def tap(
        self,
        channel: CardChannel,
        point: Point,
        mode: Mode = "normal",
        stop_id: str | None = None,
    ) -> Outcome:
        """The outcome of a tap; its entry is synced before this returns."""
        started_s = self._clock.monotonic_s()
        table, moment = self._store.table, self._timepiece.look()
        name = pseudonym_at(moment.utc_ms, table.pseudonym_keys, channel.uid)
        asked = self._asked(table.tag_of(channel.uid), name, point, mode)
        decided = decide(asked, table, moment, self._policy)
        if decided is None:
            asked = replace(asked, proof=await self._proof(channel, table.card(asked.tag)))
        proven_s = self._clock.monotonic_s() - started_s
        decided = decided or decide(asked, table, moment, self._policy) or UNDECIDED
        decided_s = self._clock.monotonic_s() - started_s
        self._tries_of(point).note(decided.reason, started_s + decided_s)
        body = _body(decided, point, name, table.version, stop_id, decided_s)
        is_recorded = await self._recorded(decided, body, moment)
        if decided.right_id is not None and decided.is_granted:
            self._passages.note(name, point.direction, moment.utc_ms)
        opens = decided.is_granted and (is_recorded or point.opens_unrecorded)
        timing = Timing(proven_s, decided_s, self._clock.monotonic_s() - started_s)
        return Outcome(decided, opens or point.direction == "out", is_recorded, name, timing)

    def _asked(self, tag: bytes, name: str, point: Point, mode: Mode) -> Asked:
        return Asked(
            tag=tag,
            point=point.name,
            mode=mode,
            direction=point.direction,
            barred_s=self._tries_of(point).barred_s(self._clock.monotonic_s()),
            last=self._passages.last(name),
            is_online=self._is_online(),
        )

    async def _proof(self, channel: CardChannel, card: CardKey | None) -> Proof:
        if card is None or channel.speaks == "uid_only":
            return "not_authentic"
        try:
            await self._prove(channel, card)
        except NotAuthentic as error:
            _log.info("tap=not_authentic why=%s", error.reason)
            return "not_authentic"
        except CardGone:
            return "gone"
        except ReaderFault as error:
            _log.warning("tap=unread: %s", error)
            return "gone"
        return "authentic"

    async def _recorded(self, decided: Decision, body: dict[str, Any], moment: Moment) -> bool:
        try:
            written = await self._recorder.write("tap", body, "tap", moment)
            if decided.is_duress:
                alarm = {
                    "alarm": "duress",
                    "subject": body["place"],
                    "reference": f"duress-{written.journal}-{written.n}",
                }
                await self._recorder.write("alarm", alarm, "alarm", moment)
        except JournalUnwritable as error:
            self._trouble.say("journal", str(error))
            return False
        self._trouble.healed()
        return True

    def _tries_of(self, point: Point) -> Tries:
        return self._tries.setdefault(f"{point.place} {point.direction}", Tries())


def _body(
    decided: Decision,
    point: Point,
    name: str,
    version: int | None,
    stop_id: str | None,
    decided_s: float,
) -> dict[str, Any]:
    """The fields of a `tap`; what is not known is left out."""
    optional = {
        "direction": point.direction,
        "warning": decided.warning,
        "rights_version": version,
        "right_id": decided.right_id,
        "stop_id": stop_id,
    }
    return {
        "decision": decided.word,
        "reason": decided.reason,
        "place": point.place,
        "pseudonym": name,
        "decided_in_ms": round(decided_s * 1_000, 1),
    } | {key: value for key, value in optional.items() if value is not None}

"""The co-pass of one unit put together: rights, time, journal, taps. For doors, lockers, buses."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from contract.clock import Clock
from contract.quantities import ClockSource
from contract.rights import CardKey
from edge.copass.alarms import Alarms
from edge.copass.at_rest import RandomBytes, SealedFile
from edge.copass.bounds import clockless_bound_s, revocation_bound
from edge.copass.decision import Policy
from edge.copass.durable_files import Files, RealFiles
from edge.copass.errors import JournalUnwritable
from edge.copass.forgetting import SEALED, SUFFIX, forget_copass
from edge.copass.hand_over import HandOver
from edge.copass.journal import Journal
from edge.copass.kept_time_file import KeptTimeFile
from edge.copass.recorder import Recorder, in_a_thread
from edge.copass.rights_store import NOTHING, Answer, RightsStore
from edge.copass.taps import TapDesk
from edge.copass.timepiece import Timepiece
from edge.drivers.card_reader import CardChannel
from edge.link.health import LinkHealth
from edge.link.reading import Reading
from edge.link.sealed import SealOpener

LOOK_EVERY_S = 60.0
PRUNE_EVERY_S = 6 * 3_600.0
RIGHTS = "rights"
"""The subject of alarms about rights; `journal` of those about the journal."""

RightsName = Literal["rights", "rights_delta"]
Run = Callable[[], Coroutine[Any, Any, None]]
_log = logging.getLogger(__name__)


class StationLink(Protocol):
    """What the co-pass asks of the link."""

    def put(self, reading: Reading) -> None: ...

    def mark(self, source: str) -> int: ...

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None: ...

    def on_health(self, source: Callable[[], dict[str, object]]) -> None: ...

    def trusted_now(self) -> tuple[int, ClockSource] | None: ...

    def health(self) -> LinkHealth: ...


@dataclass(frozen=True, slots=True)
class StationSettings:
    """Where and for whom.

    `machine` names the present boot of the machine; `key` is `at_rest.at_rest_key`.
    """

    directory: Path
    territory: str
    machine: str
    key: bytes = field(repr=False)
    policy: Policy = field(default_factory=Policy)


class Station:
    """Owns the files of the co-pass in one directory. `desk` takes the taps.

    Args:
        settings: of the unit.
        link: takes taps, alarms and answers; brings rights.
        opener: opens what the territory sealed; None takes no rights.
        clock: of the run.
        prove: asks a card to prove itself; by default `proof.read_card`.
        files: the disk.
        random_bytes: for nonces.
        aside: where the disk is waited for.
    """

    def __init__(
        self,
        settings: StationSettings,
        link: StationLink,
        opener: SealOpener | None,
        clock: Clock,
        prove: Callable[[CardChannel, CardKey], Awaitable[object]] | None = None,
        files: Files | None = None,
        random_bytes: RandomBytes = secrets.token_bytes,
        aside: Callable[[Callable[[], Any]], Awaitable[Any]] = in_a_thread,
    ) -> None:
        self.policy = settings.policy
        self._directory = settings.directory
        self._link = link
        self._clock = clock
        self._aside = aside
        self._takes_rights = opener is not None
        disk = files or RealFiles()
        self._sealed = _sealed_files(settings, disk, random_bytes)

        def draw_id() -> str:
            return random_bytes(8).hex()

        self.journal = Journal(settings.directory / "journal", disk, draw_id, link.mark)
        self.store, self.timepiece = self._opened(opener, link)
        self.hand_over = HandOver(self.journal, link, clock, settings.machine)
        books = (self.journal, self.store, self.timepiece, self.hand_over)
        self.recorder = Recorder(*books, clock, settings.machine, aside)
        self.alarms = Alarms(self.recorder, link, clock, draw_id)
        self.desk = TapDesk(
            self.store,
            self.recorder,
            self.timepiece,
            prove or _read_card(settings.territory, random_bytes),
            clock,
            settings.policy,
            lambda: link.health().connected,
        )
        self.journal.recent.clear()
        self._frames: asyncio.Queue[tuple[RightsName, bytes]] = asyncio.Queue()
        link.on_down("rights", lambda payload: self._heard("rights", payload))
        link.on_down("rights_delta", lambda payload: self._heard("rights_delta", payload))
        link.on_health(self.health)

    def works(self) -> tuple[tuple[str, Run], ...]:
        """The tasks of the co-pass, by name."""
        return (
            ("copass-rights", self._rights),
            ("copass-hand-over", self.hand_over.run),
            ("copass-time", self._time),
        )

    def ask_for_rights(self) -> None:
        """Ask the backend for all rights of this unit."""
        self._answer(self.store.gap())

    def forget(self) -> None:
        """The unit is retired: no key of any card stays here. The journal stays, nameless."""
        forget_copass(self._directory)

    def health(self) -> dict[str, object]:
        """What `health` says of the co-pass."""
        table, moment = self.store.table, self.timepiece.look()
        bound_s = clockless_bound_s(table, moment, self.policy)
        fields = {
            "rights_version": table.version,
            "revocation_bound_ms": revocation_bound(table),
            "clockless_bound_s": bound_s,
            "journal_entries": self.journal.count,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _opened(
        self, opener: SealOpener | None, link: StationLink
    ) -> tuple[RightsStore, Timepiece]:
        """Rights and time, not older than the journal knows of."""
        last = self.journal.last.entry if self.journal.last else None
        least = last.edition if last else NOTHING
        store = RightsStore(self._sealed["rights"], self._sealed["floor"], opener, least)
        time_file = KeptTimeFile(self._sealed["time"])
        kept = last.kept_time if last else None
        timepiece = Timepiece(self._clock, link.trusted_now, time_file, kept)
        # Where the kept time was lost, the rights still say how late it is at least.
        timepiece.vouched(store.table.issued_ms)
        return store, timepiece

    def _heard(self, name: RightsName, payload: bytes) -> None:
        if payload:
            self._frames.put_nowait((name, payload))

    async def _rights(self) -> None:
        for sentence in self.journal.breaks:
            which = sentence.partition(":")[0][:64]
            await self.alarms.raise_once("journal_broken", which, sentence)
        if self.store.fault is not None:
            await self.alarms.raise_once("rights_refused", RIGHTS, self.store.fault)
        if self._takes_rights and self.store.table.snapshot is None:
            # A new device, or one whose rights were lost: it opens to nobody until they come.
            self.ask_for_rights()
        while True:
            name, payload = await self._frames.get()
            try:
                answer = await self._aside(partial(self.store.take, name, payload))
            except Exception:  # noqa: BLE001 - one bad frame must not end the door
                _log.exception("rights=failed frame=%s", name)
                continue
            if answer is not None:
                await self._deal(answer)

    async def _deal(self, answer: Answer) -> None:
        self._answer(answer)
        if answer.is_alarming:
            await self.alarms.raise_once("rights_refused", RIGHTS, answer.reason)
        if answer.answer == "refused":
            _log.warning("rights=refused version=%d why=%s", answer.version, answer.reason)
            return
        _log.info("rights=accepted version=%d", answer.version)
        self.timepiece.vouched(self.store.table.issued_ms)
        await self.alarms.clear("rights_refused", RIGHTS)
        try:
            await self.recorder.write("rights", {"version": answer.version})
        except JournalUnwritable as error:
            _log.warning("rights=unjournalled: %s", error)

    def _answer(self, answer: Answer) -> None:
        self._link.put(Reading("ack", answer.body(), self._clock.boot_ms()))

    async def _time(self) -> None:
        """The kept time goes on, rights the disk refused are kept, old files of the journal go."""
        pruned_s = float("-inf")
        while True:
            await self._aside(self.timepiece.keep)
            await self._aside(self.store.keep)
            moment, now_s = self.timepiece.look(), self._clock.monotonic_s()
            if moment.is_trusted and now_s - pruned_s >= PRUNE_EVERY_S:
                pruned_s = now_s
                await self._aside(partial(self.journal.prune, moment.utc_ms))
            await self._clock.sleep(LOOK_EVERY_S)


def _sealed_files(
    settings: StationSettings, files: Files, random_bytes: RandomBytes
) -> dict[str, SealedFile]:
    return {
        name: SealedFile(
            settings.directory / f"{name}{SUFFIX}", settings.key, name, files, random_bytes
        )
        for name in SEALED
    }


def _read_card(
    territory: str, random_bytes: RandomBytes
) -> Callable[[CardChannel, CardKey], Awaitable[object]]:
    async def prove(channel: CardChannel, card: CardKey) -> object:
        from edge.copass.proof.reading import read_card  # noqa: PLC0415 - memory of the Pi

        return await read_card(channel, card, territory, random_bytes)

    return prove

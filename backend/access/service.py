"""Access as a service: rights go out within a second or two, answers and taps come in.

Everything is written down before it is sent: what a death leaves unsent is sent at the next
start, and the bounds that are shown count from what may have been sent.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from backend.access.addressees import AddresseeBook
from backend.access.door_records import doors_before, open_door, put_fields, read_addressees
from backend.access.errors import Superseded
from backend.access.frames import Frame, frames_of
from backend.access.grant_records import rung_units
from backend.access.hearing import Heard, held_after, wants_whole
from backend.access.keys import AccessKeys
from backend.access.listening import Listener, latest_words
from backend.access.press import Place, Press
from backend.access.tapping import take_taps
from backend.access.tending import tend
from backend.access.term import take_term
from backend.access.versions import RENEW_AFTER_MS
from backend.live.subscription import AcceptedFeed
from backend.mqtt.packets import Message
from backend.mqtt.session import MqttSession, SessionSettings
from backend.records.text import printable
from backend.records.transaction import reading, writing
from backend.steady import Troubles, steadily
from contract.broker_url import BrokerAddress
from contract.clock import Clock, SystemClock

BELL_EVERY_S = 0.5
"""How long a grant may wait in the records before its rights go out."""
TAPS_AT_LEAST_EVERY_S = 5.0
DEVICES_EVERY_S = 2.0
"""How long a device that was put into another unit may wait for its rights."""
TEND_EVERY_S = 60.0

_log = logging.getLogger("softplace.access")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The territory and how to reach the broker."""

    broker: BrokerAddress
    place: Place
    client_id: str
    tls: ssl.SSLContext | None = None


class Access:
    """The dispatcher's part of access. `ready` is set when it can publish.

    Args:
        settings: the territory and the broker.
        keys: signing key and vault.
        records: cards, grants, what was published.
        feed: what the ingest accepts.
        book: which device serves a unit.
        clock: dates rights; may be simulated.
        random: jitter.
        timer: real time, for waits.
    """

    def __init__(
        self,
        settings: AccessSettings,
        keys: AccessKeys,
        records: Engine,
        feed: AcceptedFeed,
        book: AddresseeBook,
        clock: Clock,
        random: Random,
        timer: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._records = records
        self._book = book
        self._clock = clock
        self._timer = timer or SystemClock()
        self._doors: set[str] = set()
        self._whole: set[str] = set()
        """Units that are to be sent a snapshot at the next ring."""
        self._sent_ms: dict[str, int] = {}
        self._troubles = Troubles()
        self._listener = Listener(feed.subscribe(), self._doors)
        session = SessionSettings(settings.broker, settings.client_id, tls=settings.tls)
        self._session = MqttSession(session, _ignore, self._connected, self._timer, random)
        self._greeted = False
        self._publishing = asyncio.Lock()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled. Raises Superseded and TermUnusable."""
        term, restored = await self._write(lambda c: take_term(c, self._keys))
        self._keys.keep_term(term)
        if restored:
            _log.warning(
                "records_restored: rights had gone out under a higher term than the records "
                "know; every door is sent its rights anew under higher numbers"
            )
        self._press = Press(self._keys.vault, self._settings.place, self._book, term)
        self._doors.update(await self._read(read_addressees))
        self._whole |= self._doors
        self._listener.missed = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._session.run(), name="access-session")
            group.create_task(self._listener.run(), name="access-listen")
            for name, work, pause_s in (
                ("bell", self._ring, BELL_EVERY_S),
                ("taps", self._taps, 0.0),
                ("devices", self._look_at_devices, DEVICES_EVERY_S),
                ("tend", self._tend, TEND_EVERY_S),
            ):
                steady = steadily(name, work, pause_s, self._timer, (Superseded,))
                group.create_task(steady, name=f"access-{name}")

    def _connected(self, session_present: bool) -> None:
        # A broker that has forgotten our session has forgotten what it retained, too.
        if self._greeted and not session_present:
            _log.info("rights_republished: the broker had lost its state")
            self._whole |= self._doors
        self._greeted = True
        self.ready.set()

    async def _ring(self) -> None:
        await self._hear()
        due = dict.fromkeys(await self._read(rung_units))
        due.update(dict.fromkeys(sorted(self._whole)))
        await self._publish_all(due)

    async def _look_at_devices(self) -> None:
        await self._publish_all(await self._read(self._press.moved))

    async def _publish_all(self, units: Iterable[str]) -> None:
        """One after the other; a unit whose rights cannot be made holds up no other."""
        for unit in units:
            try:
                await self._publish(unit)
            except (Superseded, DBAPIError):
                raise
            except Exception as error:  # noqa: BLE001 - its rows may be wrong in any way
                self._troubles.failed(f"rights {unit}", error)
            else:
                self._troubles.well(f"rights {unit}")

    async def _publish(self, unit: str) -> None:
        # One at a time: a delta must not overtake the one it starts from.
        async with self._publishing:
            frames = await self._write(partial(self._pressed, unit))
            self._whole.discard(unit)
            await self._send(unit, frames)

    def _pressed(self, unit: str, connection: Connection) -> list[Frame]:
        whole = unit in self._whole
        publication = self._press.press(connection, unit, self._clock.now_ms(), whole=whole)
        if publication is None:
            return []
        return frames_of(publication, self._settings.place.territory, self._keys.signer)

    async def _send(self, unit: str, frames: Sequence[Frame]) -> None:
        self._doors.add(unit)
        if not frames:
            return
        self._sent_ms[unit] = self._clock.now_ms()
        for frame in frames:
            self._session.publish(frame.topic, frame.payload, retain=frame.retain)
        await self._session.drained()

    async def _hear(self) -> None:
        words = self._listener.words()
        if self._listener.missed:
            self._listener.missed = False
            words = await self._read(partial(latest_words, doors=self._doors)) + words
        if not words:
            return
        try:
            self._whole |= await self._write(partial(self._believe, words))
        except DBAPIError:
            self._listener.missed = True
            raise

    def _believe(self, words: Sequence[Heard], connection: Connection) -> set[str]:
        """Write down what devices say; the units that want a snapshot."""
        wanting = set()
        for word in words:
            door = open_door(connection, self._keys.vault, word.unit)
            version, held_ms = held_after(door, word)
            if (version, held_ms) != (door.held_version, door.held_ms):
                put_fields(connection, word.unit, held_version=version, held_ms=held_ms)
            if word.version == door.version and door.refusal is not None:
                put_fields(connection, word.unit, refusal=None)
            if word.refusal is not None and word.refusal != door.refusal:
                put_fields(connection, word.unit, refusal=word.refusal[:280])
                why = printable(word.refusal, 280)
                _log.warning("rights_refused unit=%s why=%s", word.unit, why)
            sent_ms = self._sent_ms.get(word.unit, 0)
            if wants_whole(door, word, sent_ms, self._clock.now_ms()):
                wanting.add(word.unit)
        return wanting

    async def _taps(self) -> None:
        self._listener.tapped.clear()
        work = partial(take_taps, now_ms=self._clock.now_ms())
        while await self._write(work):
            pass
        tapped = asyncio.ensure_future(self._listener.tapped.wait())
        pause = asyncio.ensure_future(self._timer.sleep(TAPS_AT_LEAST_EVERY_S))
        await asyncio.wait({tapped, pause}, return_when=asyncio.FIRST_COMPLETED)
        tapped.cancel()
        pause.cancel()

    async def _tend(self) -> None:
        now_ms = self._clock.now_ms()
        due = await self._read(lambda c: doors_before(c, now_ms - RENEW_AFTER_MS))
        await self._publish_all(due)
        for line in await self._write(partial(tend, vault=self._keys.vault, now_ms=now_ms)):
            _log.warning("%s", line)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def done() -> T:
            with writing(self._records) as connection:
                return work(connection)

        return await asyncio.to_thread(done)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def done() -> T:
            with reading(self._records) as connection:
                return work(connection)

        return await asyncio.to_thread(done)


def _ignore(_generation: int, _messages: list[Message]) -> None:
    """Nothing is subscribed to; the ingest hears for everybody."""

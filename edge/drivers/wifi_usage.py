"""Use of the wifi per interval, from any number of radios; nothing about who.

What leaves this object are counts. Addresses are in it for the time of a look and, hashed with a
key drawn when the program starts, until their owner has been gone for an interval.

Known limits: a radio whose driver tells no bytes counts stations only; iw prints nothing for some
Broadcom chips, so where hostapd is ours its socket is the better source; what a phone uses between
the last look and its leaving is not counted (at most a look's worth).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from contract.clock import Clock
from edge.drivers.errors import AccessPointUnavailable, StationsRefused
from edge.drivers.waiting import Trouble, happens_within
from edge.drivers.wifi_ledger import Totals, UsageLedger
from edge.drivers.wifi_station import StationSource

LOOK_S = 30.0
"""hostapd tells arrivals and departures itself; this is how often bytes are read."""
CALM_S = 1.0
"""A busload that connects at once is looked at once a second, not once a phone."""

_log = logging.getLogger(__name__)


class Usage(NamedTuple):
    """An interval that ended just now."""

    interval_s: float
    stations: int
    """The most that were connected at one moment."""
    received_bytes: int
    sent_bytes: int


class UsageCounters(NamedTuple):
    """The account of every look since the program started: looks = good + refused + unanswered."""

    looks: int
    good: int
    refused: int
    unanswered: int


class UsageSource(Protocol):
    """What an agent publishes wifi use from."""

    def usage(self) -> AsyncIterator[Usage]:
        """One `Usage` an interval, for ever; none for an interval in which nobody answered."""
        ...

    @property
    def present(self) -> int | None:
        """Stations connected now; None where it is not known."""
        ...

    def counters(self) -> UsageCounters:
        """How the looks went."""
        ...


class WifiUsage:
    """Looks at its radios, one ledger each. `key` is random bytes, never stored."""

    def __init__(
        self,
        sources: Sequence[StationSource],
        clock: Clock,
        key: bytes,
        interval_s: float,
        look_s: float = LOOK_S,
    ) -> None:
        self._radios = [_Radio(source, key + bytes([n])) for n, source in enumerate(sources)]
        self._clock = clock
        self._interval_s = interval_s
        self._look_s = look_s
        self._changed = asyncio.Event()
        for source in sources:
            source.on_change(self._changed.set)

    async def usage(self) -> AsyncIterator[Usage]:
        """One `Usage` an interval, for ever; none for an interval in which nobody answered."""
        began_s = self._clock.monotonic_s()
        try:
            await self._look()
            while True:
                answered = await self._interval_until(began_s + self._interval_s)
                ended_s = self._clock.monotonic_s()
                totals = [radio.ledger.close() for radio in self._radios]
                if answered:
                    yield _together(totals, ended_s - began_s)
                began_s = ended_s
        finally:
            for radio in self._radios:
                await radio.source.close()

    @property
    def present(self) -> int | None:
        """Stations connected when last looked at; None where a radio did not answer then."""
        if not all(radio.answers for radio in self._radios):
            return None
        return sum(radio.ledger.present for radio in self._radios)

    def counters(self) -> UsageCounters:
        """How the looks went, over all radios."""
        good = sum(radio.good for radio in self._radios)
        refused = sum(radio.refused for radio in self._radios)
        unanswered = sum(radio.unanswered for radio in self._radios)
        return UsageCounters(good + refused + unanswered, good, refused, unanswered)

    async def _interval_until(self, end_s: float) -> bool:
        """Look now and then until `end_s`, last of all then; whether any radio answered."""
        answered = False
        while (left_s := end_s - self._clock.monotonic_s()) > 0:
            await self._clock.sleep(min(CALM_S, left_s))
            left_s = max(end_s - self._clock.monotonic_s(), 0.0)
            await happens_within(self._changed, min(self._look_s, left_s), self._clock)
            answered |= await self._look()
        return answered

    async def _look(self) -> bool:
        """Look at each radio; whether any answered."""
        self._changed.clear()  # before, so that who comes meanwhile is looked at next
        return any([await radio.look(self._clock) for radio in self._radios])


class _Radio:
    """A source, its ledger, and how its looks went."""

    def __init__(self, source: StationSource, key: bytes) -> None:
        self.source = source
        self.ledger = UsageLedger(key)
        self.answers = False
        self.good = self.refused = self.unanswered = 0
        self._trouble = Trouble(_log, source.name, of="wifi")

    async def look(self, clock: Clock) -> bool:
        try:
            stations = await self.source.stations()
        except StationsRefused as error:
            self.refused += 1
            self._trouble.say(error.reason, f"{error}; counting goes on at the next look")
        except AccessPointUnavailable as error:
            self.unanswered += 1
            self._trouble.say("unavailable", f"{error}; trying again")
        else:
            self.good += 1
            self.answers = True
            self.ledger.look(stations, clock.monotonic_s())
            self._trouble.healed()
            return True
        self.answers = False
        self.ledger.blind()
        return False


def _together(totals: Sequence[Totals], interval_s: float) -> Usage:
    return Usage(
        interval_s,
        sum(t.stations for t in totals),
        sum(t.received_bytes for t in totals),
        sum(t.sent_bytes for t in totals),
    )

"""A GPS receiver on a drive: cold, then with fixes at its own pace, with faults on demand.

Bytes, pacing and the pty are those of edge/drivers/nmea_fake; here it has something to tell, and
remembers what it truly told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from contract.clock import Clock
from edge.drivers.nmea_fake import FakeReceiver, Fault
from edge.drivers.nmea_render import void
from edge.drivers.position_source import Fix

SOUND = frozenset({None, Fault.JUNK})
"""Noise before a burst leaves its sentences whole."""


class GpsReceiver:
    """`port` is what a program opens. `told` are the fixes sent whole, in order."""

    def __init__(
        self,
        clock: Clock,
        *,
        baud: int = 9_600,
        period_s: float = 1.0,
        link: Path | None = None,
        talker: str = "GN",
    ) -> None:
        self.told: list[Fix] = []
        self._clock = clock
        self._period_s = period_s
        self._talker = talker
        self._fake = FakeReceiver(link=link, baud=baud, clock=clock, talker=talker)

    @property
    def port(self) -> str:
        """Of now; under a `link` it stays the same."""
        return self._fake.port

    async def search(self, times_ms: Iterable[int]) -> None:
        """See no satellite at these moments: it knows the time and not where it is."""
        for observed_ms in times_ms:
            began_s = self._clock.monotonic_s()
            await self._fake.send(void(observed_ms, self._talker))
            await self._rest(began_s)

    async def drive(self, fixes: Iterable[Fix], faults: Mapping[int, Fault] | None = None) -> None:
        """Tell these, one a period; `faults` by their number in the drive."""
        for number, fix in enumerate(fixes):
            began_s = self._clock.monotonic_s()
            fault = (faults or {}).get(number)
            await self._fake.emit(fix, fault)
            if fault in SOUND:
                self.told.append(fix)
            await self._rest(began_s)

    def unplug(self) -> None:
        """Be pulled out."""
        self._fake.unplug()

    def plug(self) -> None:
        """Be there again."""
        self._fake.plug()

    def close(self) -> None:
        """Be gone."""
        self._fake.close()

    async def _rest(self, began_s: float) -> None:
        left_s = began_s + self._period_s - self._clock.monotonic_s()
        if left_s > 0:
            await self._clock.sleep(left_s)

"""The lockers at work: wires in, strikes and alarms out, lendings kept over restarts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from contract.clock import Clock
from contract.uplink import AlarmKind
from edge.agent.kept_file import KeptFile
from edge.drivers.errors import LineFault
from edge.drivers.lines import Edge
from edge.drivers.relay import Relay
from edge.space_agent.alarms import SpaceAlarms
from edge.space_agent.config import LockerSection
from edge.space_agent.locker import Effect, Lending, Locker, LockerTimes, Raise

_log = logging.getLogger(__name__)


class Lendings(Struct, frozen=True):
    """The file: by locker."""

    lockers: dict[str, Lending] = {}

    def standing(self) -> list[tuple[AlarmKind, str]]:
        """The alarms that stood when it was written."""
        return [
            ("equipment_missing", name) for name, told in self.lockers.items() if _is_missing(told)
        ]


def _is_missing(lending: Lending) -> bool:
    return lending.state == "missing"


class _Wired:
    def __init__(self, told: LockerSection, locker: Locker, relay: Relay) -> None:
        self.told = told
        self.locker = locker
        self.relay = relay


class LockerBank:
    """All lockers of a space.

    Args:
        lockers: as configured.
        relays: their strikes, by locker.
        file: lendings, as they were kept.
        alarms: where forced, held and missing go.
        clock: of the run.
        utc_ms: the trusted time; None where there is none.
    """

    def __init__(
        self,
        lockers: Iterable[LockerSection],
        relays: Mapping[str, Relay],
        file: KeptFile[Lendings],
        alarms: SpaceAlarms,
        clock: Clock,
        utc_ms: Callable[[], int | None],
    ) -> None:
        kept = (file.read() or Lendings()).lockers
        self._file = file
        self._alarms = alarms
        self._clock = clock
        self._utc_ms = utc_ms
        self._wired = {
            told.name: _Wired(told, _locker(told, kept.get(told.name)), relays[told.name])
            for told in lockers
        }
        self._kept = self._lendings()

    def edge(self, edge: Edge) -> None:
        """A contact of a locker, or the switch under its equipment."""
        boot_ms, utc_ms = self._clock.boot_ms(), self._utc_ms()
        for name, wired in self._wired.items():
            if edge.line == wired.told.contact:
                self._do(name, wired.locker.contact(closed=edge.active, boot_ms=boot_ms))
            elif edge.line == wired.told.equipment:
                effects = wired.locker.equipment(
                    present=edge.active, boot_ms=boot_ms, utc_ms=utc_ms
                )
                self._do(name, effects)

    def tick(self) -> None:
        """Once a second."""
        boot_ms, utc_ms = self._clock.boot_ms(), self._utc_ms()
        for name, wired in self._wired.items():
            self._do(name, wired.locker.tick(boot_ms, utc_ms))

    def open(self, name: str, holder: str, until_ms: int | None) -> bool:
        """Unlock for a card that has the right; False where the strike does not move."""
        wired = self._wired[name]
        try:
            wired.relay.pulse(wired.told.pulse_s)
        except LineFault as fault:
            _log.warning("locker=closed name=%s: %s", name, fault)
            return False
        wired.locker.granted(holder, until_ms, self._clock.boot_ms())
        return True

    def lending(self, name: str) -> Lending:
        """What is known of one locker."""
        return self._wired[name].locker.lending

    def holds(self, holder: str) -> str | None:
        """The locker whose equipment this card has, if it has any."""
        for name, wired in self._wired.items():
            if wired.locker.lending.holder == holder:
                return name
        return None

    def _do(self, name: str, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Raise):
                self._alarms.raise_once(effect.alarm, name, effect.detail)
            else:
                self._alarms.clear(effect.alarm, name)
        now = self._lendings()
        if now != self._kept:
            _log.info("locker=%s name=%s", now.lockers[name].state, name)
            self._kept = now
            self._file.write(now)

    def _lendings(self) -> Lendings:
        return Lendings({name: wired.locker.lending for name, wired in self._wired.items()})


def _locker(told: LockerSection, lending: Lending | None) -> Locker:
    times = LockerTimes(lends_ms=int(told.lends_h * 3_600_000))
    return Locker(told.name, times, has_contact=told.contact is not None, lending=lending)

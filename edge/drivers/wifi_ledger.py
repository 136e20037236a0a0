"""How much the stations of a radio used in an interval, whoever they are.

Rules of this file: no I/O, no clock. Addresses come in and never go out: a station is kept under
an HMAC of its address with a key that lives as long as this object. Counters belong to an
association and begin at 0 with it. What cannot be told apart is counted low: nothing is invented.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from edge.drivers.wifi_station import Station

SLACK_S = 2.0
"""Association ages are whole seconds, and told a moment after they were read."""
WRAP = 2**32
"""Old kernels count bytes in 32 bits."""


class Totals(NamedTuple):
    """What an interval amounts to."""

    stations: int
    """The most that were connected at one moment."""
    received_bytes: int
    sent_bytes: int


@dataclass(slots=True)
class _Seen:
    station: Station
    at_s: float
    interval: int


class UsageLedger:
    """Counts one radio. `key` is random and stays in memory."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seen: dict[bytes, _Seen] = {}
        self._last_s: float | None = None
        self._interval = 0
        self._looked = False
        self._most = 0
        self._received = 0
        self._sent = 0
        self.present = 0
        """Stations connected when last looked at."""

    def look(self, stations: Iterable[Station], now_s: float) -> None:
        """Everybody associated at `now_s`, seconds of a clock that never goes back."""
        here = {self._name(s.mac): s for s in stations if s.authorized}
        for name, station in here.items():
            self._count(self._seen.get(name), station, now_s)
            self._seen[name] = _Seen(station._replace(mac=""), now_s, self._interval)
        self.present = len(here)
        self._most = max(self._most, self.present)
        self._last_s = now_s
        self._looked = True

    def close(self) -> Totals:
        """The totals since the last call; who was looked for and not seen is forgotten."""
        totals = Totals(self._most, self._received, self._sent)
        if self._looked:
            self._seen = {k: s for k, s in self._seen.items() if s.interval == self._interval}
            self._interval += 1
            self._looked = False
        self._most = self.present
        self._received = self._sent = 0
        return totals

    def blind(self) -> None:
        """Nobody answered the last look: who is there is not known."""
        self.present = 0

    def _name(self, mac: str) -> bytes:
        return hmac.digest(self._key, mac.encode(), hashlib.sha256)[:12]

    def _count(self, before: _Seen | None, now: Station, now_s: float) -> None:
        then, continues = Station("", authorized=True, received_bytes=0, sent_bytes=0), False
        if before is None:
            if self._last_s is None or not _younger(now, now_s - self._last_s + 1):
                return  # what it used before we looked belongs to no interval of ours
        elif not _younger(now, (elapsed_s := now_s - before.at_s) - SLACK_S):
            then = before.station
            continues = _older_by(then.connected_s, now.connected_s, elapsed_s - SLACK_S)
        self._received += _grown(then.received_bytes, now.received_bytes, continues=continues)
        self._sent += _grown(then.sent_bytes, now.sent_bytes, continues=continues)


def _younger(station: Station, seconds: float) -> bool:
    """Whether its association began less than `seconds` ago, and its counters with it."""
    return station.connected_s is not None and station.connected_s < seconds


def _older_by(then_s: int | None, now_s: int | None, seconds: float) -> bool:
    """Whether it is surely the same association."""
    return then_s is not None and now_s is not None and now_s >= then_s + max(seconds, 1.0)


def _grown(then: int | None, now: int | None, *, continues: bool) -> int:
    """Bytes between two readings of one counter."""
    if then is None or now is None:
        return 0
    if now >= then:
        return now - then
    if continues and WRAP // 2 <= then < WRAP and now < WRAP // 2:
        return now + WRAP - then
    return now  # it began again

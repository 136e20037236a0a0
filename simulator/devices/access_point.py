"""An access point in use: phones that come, roam, use it and go, with what truly happened.

Its control socket is hostapd's (edge/drivers/hostapd_fake) and its station dump iw's
(edge/drivers/iw_fake), both of the same phones. A phone's counters begin with its association,
as in the kernel.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock
from edge.drivers.hostapd_fake import FakeHostapd
from edge.drivers.iw_fake import FakeIw
from edge.drivers.wifi_station import Station


@dataclass(slots=True)
class Truth:
    """Of all phones since the access point was made, in bytes as the access point sees them."""

    received_bytes: int = 0
    sent_bytes: int = 0
    most_at_once: int = 0


@dataclass(slots=True)
class _Phone:
    mac: str
    since_s: float
    received: int = 0
    sent: int = 0


class AccessPoint:
    """`path` is its control socket, `command` prints its station dump."""

    def __init__(self, directory: Path, clock: Clock, chance: random.Random) -> None:
        self.truth = Truth()
        self.hostapd = FakeHostapd(directory / "wlan0")
        self.iw = FakeIw(directory)
        self.path = self.hostapd.path
        self.command = self.iw.command
        self._clock = clock
        self._chance = chance
        self._phones: dict[str, _Phone] = {}

    def start(self) -> None:
        """Go on the air."""
        self.hostapd.start()
        self._show()

    def stop(self) -> None:
        """Go off the air; hostapd and the interface are gone."""
        self.hostapd.stop()
        self.iw.fail()

    def join(self) -> str:
        """Somebody's phone associates, under a made-up address as phones do; which one."""
        mac = "02:" + ":".join(f"{self._chance.randrange(256):02x}" for _ in range(5))
        phone = self._phones[mac] = _Phone(mac, self._clock.monotonic_s())
        self.truth.most_at_once = max(self.truth.most_at_once, len(self._phones))
        self.hostapd.connect(self._seen(phone))
        self._show()
        return mac

    def roam(self, mac: str) -> None:
        """It associates again: another association, other counters."""
        self.leave(mac)
        phone = self._phones[mac] = _Phone(mac, self._clock.monotonic_s())
        self.hostapd.connect(self._seen(phone))
        self._show()

    def use(self, mac: str, received: int, sent: int) -> None:
        """It sends `received` bytes to the access point and gets `sent`."""
        phone = self._phones[mac]
        phone.received += received
        phone.sent += sent
        self.truth.received_bytes += received
        self.truth.sent_bytes += sent
        self._show()

    def leave(self, mac: str) -> None:
        """It goes; hostapd lists it a while longer without its authorization."""
        del self._phones[mac]
        self.hostapd.disconnect(mac, lingers=True)
        self._show()

    @property
    def present(self) -> list[str]:
        """Who is associated."""
        return list(self._phones)

    def _seen(self, phone: _Phone) -> Station:
        return Station(
            phone.mac,
            authorized=True,
            received_bytes=phone.received,
            sent_bytes=phone.sent,
            signal_dbm=-50,
            connected_s=int(self._clock.monotonic_s() - phone.since_s),
            inactive_ms=0,
        )

    def refresh(self) -> None:
        """Let the ages of all associations be those of now."""
        self._show()

    def _show(self) -> None:
        seen = [self._seen(phone) for phone in self._phones.values()]
        for station in seen:
            self.hostapd.update(station)
        self.iw.show(seen)

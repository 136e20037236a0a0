"""hostapd's control socket without a radio: the fake beside `hostapd`.

Real datagrams through a real socket, with hostapd's words: PING, ATTACH, DETACH, STA-FIRST,
STA-NEXT, STA, DEAUTHENTICATE; anything else is UNKNOWN COMMAND. An empty answer ends a list.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from edge.drivers.wifi_station import Station

Address = str | bytes


class FakeHostapd:
    """One interface of an access point; `path` is its socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stations: dict[str, Station] = {}
        self.silent = False
        """Does not answer, as a hostapd that hangs."""
        self.babble: bytes | None = None
        """What it answers instead of stations."""
        self.vanishing = 0
        """How many walks find the station they stand on gone."""
        self._socket: socket.socket | None = None
        self._attached: set[Address] = set()

    @property
    def listeners(self) -> int:
        """How many have asked to be told of comings and goings."""
        return len(self._attached)

    def start(self) -> None:
        """Listen, as after `systemctl start hostapd`."""
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self.path))
        asyncio.get_running_loop().add_reader(self._socket, self._serve)

    def stop(self) -> None:
        """Die, with everything it knew of who listens."""
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket = None
        self._attached.clear()
        self.path.unlink(missing_ok=True)

    def connect(self, station: Station) -> None:
        """A station has come and proved its password."""
        self.stations[station.mac] = station
        self._tell(f"<3>AP-STA-CONNECTED {station.mac}")

    def disconnect(self, mac: str, *, lingers: bool = False) -> None:
        """It has gone; hostapd may list it a while longer, without AUTHORIZED."""
        station = self.stations.pop(mac)
        if lingers:
            self.stations[mac] = station._replace(authorized=False)
        self._tell(f"<3>AP-STA-DISCONNECTED {mac}")

    def update(self, station: Station) -> None:
        """Its counters have moved on; nobody is told."""
        self.stations[station.mac] = station

    def _tell(self, event: str) -> None:
        for listener in list(self._attached):
            self._send(event.encode(), listener)

    def _serve(self) -> None:
        if self._socket is None:
            return
        request, sender = self._socket.recvfrom(4_096)
        if self.silent:
            return
        word, _, argument = request.decode(errors="replace").partition(" ")
        self._send(self._answer(word, argument, sender), sender)

    def _answer(self, word: str, argument: str, sender: Address) -> bytes:
        if self.babble is not None and word.startswith("STA"):
            return self.babble
        answers: dict[str, Callable[[], str]] = {
            "PING": lambda: "PONG\n",
            "ATTACH": lambda: self._attach(sender),
            "DETACH": lambda: self._detach(sender),
            "STA-FIRST": lambda: self._described(next(iter(self.stations), None)),
            "STA": lambda: self._described(argument.lower(), "FAIL\n"),
            "STA-NEXT": lambda: self._next(argument.lower()),
            "DEAUTHENTICATE": lambda: self._deauthenticate(argument.lower()),
        }
        return answers.get(word, lambda: "UNKNOWN COMMAND\n")().encode()

    def _attach(self, sender: Address) -> str:
        self._attached.add(sender)
        return "OK\n"

    def _detach(self, sender: Address) -> str:
        if sender not in self._attached:
            return "FAIL\n"
        self._attached.discard(sender)
        return "OK\n"

    def _next(self, mac: str) -> str:
        if mac not in self.stations or self.vanishing:
            self.vanishing = max(self.vanishing - 1, 0)
            return "FAIL\n"
        order = list(self.stations)
        place = order.index(mac) + 1
        return self._described(order[place] if place < len(order) else None)

    def _deauthenticate(self, mac: str) -> str:
        if mac in self.stations:
            self.disconnect(mac, lingers=True)
        return "OK\n"

    def _described(self, mac: str | None, otherwise: str = "") -> str:
        station = self.stations.get(mac) if mac is not None else None
        return (
            otherwise
            if station is None
            else described(station, 1 + list(self.stations).index(station.mac))
        )

    def _send(self, data: bytes, to: Address) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, to)
        except OSError:
            with contextlib.suppress(KeyError):
                self._attached.remove(to)


def described(station: Station, number: int) -> str:
    """A station in hostapd's words; what is None is left out, as where a driver has no figures."""
    flags = "[AUTH][ASSOC][AUTHORIZED]" if station.authorized else "[AUTH][ASSOC]"
    figures = {
        "rx_bytes": station.received_bytes,
        "tx_bytes": station.sent_bytes,
        "inactive_msec": station.inactive_ms,
        "signal": station.signal_dbm,
        "connected_time": station.connected_s,
    }
    lines = [station.mac, f"flags={flags}", f"aid={number}", "capability=0x0", "listen_interval=10"]
    lines += ["supported_rates=0c 18 30", "timeout_next=NULLFUNC POLL"]
    lines += [f"{key}={value}" for key, value in figures.items() if value is not None]
    return "\n".join([*lines, ""])

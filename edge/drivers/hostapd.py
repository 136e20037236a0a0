"""hostapd's control socket: who comes, who goes, who is there.

Wiring: `ctrl_interface=/run/hostapd` and `ctrl_interface_group=softplace` in hostapd.conf; the
socket is then /run/hostapd/wlan0 and no root is needed. hostapd tells arrivals and departures
itself after ATTACH; bytes have to be asked for, station by station.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

from contract.clock import Clock
from edge.drivers.errors import AccessPointUnavailable, StationsRefused
from edge.drivers.hostapd_stations import read_all_sta
from edge.drivers.waiting import happens_within
from edge.drivers.wifi_station import Station

ANSWER_S = 2.0
MOST_STATIONS = 2_048
"""802.11 numbers 2,007 stations of one access point."""
WALKS = 3
"""Times a walk is begun again because the station it stood on went away."""
_COMINGS_AND_GOINGS = (b"AP-STA-CONNECTED", b"AP-STA-DISCONNECTED")


class HostapdSource:
    """The stations of one hostapd interface; connects when asked, and again after a loss."""

    def __init__(self, path: str, clock: Clock) -> None:
        self.name = path
        self._clock = clock
        self._control: _Control | None = None
        self._asking = asyncio.Lock()
        self._wake: Callable[[], None] = _nobody

    async def stations(self) -> list[Station]:
        """Everybody associated now."""
        async with self._asking:
            try:
                control = await self._connected()
                for _ in range(WALKS):
                    if (found := await self._walk(control)) is not None:
                        return found
            except (AccessPointUnavailable, asyncio.CancelledError):
                # An answer may still be on its way and would be taken for the next one's.
                self._disconnect()
                raise
        raise StationsRefused("ever_changing")

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` when hostapd says that somebody came or went."""
        self._wake = wake

    async def close(self) -> None:
        """Say goodbye to hostapd, where it still listens."""
        if self._control is not None:
            with contextlib.suppress(AccessPointUnavailable):
                await self._control.ask("DETACH")
        self._disconnect()

    def _wake_who_asked(self) -> None:
        self._wake()

    async def _connected(self) -> _Control:
        if self._control is None:
            self._control = _Control(self.name, self._clock, self._wake_who_asked)
            if not (await self._control.ask("ATTACH")).startswith("OK"):
                raise AccessPointUnavailable(self.name, "it refuses to tell who comes and goes")
        return self._control

    def _disconnect(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None

    async def _walk(self, control: _Control) -> list[Station] | None:
        """All stations, one after the other; None where the one it stood on is gone."""
        found: dict[str, Station] = {}
        answer = await control.ask("STA-FIRST")
        while answer.strip():
            if answer.startswith("FAIL"):
                return None
            [station] = _one_of(answer)
            if station.mac in found or len(found) >= MOST_STATIONS:
                raise StationsRefused("endless")
            found[station.mac] = station
            answer = await control.ask(f"STA-NEXT {station.mac}")
        return list(found.values())


class _Control:
    """A connected datagram socket. Raises AccessPointUnavailable when made or asked."""

    def __init__(self, path: str, clock: Clock, told: Callable[[], None]) -> None:
        self._path = path
        self._clock = clock
        self._told = told
        self._answer = b""
        self._answered = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.bind("")  # the kernel gives a name, and no file stays behind
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise self._lost(error) from error
        self._loop.add_reader(self._socket, self._read)

    async def ask(self, request: str) -> str:
        """The answer of hostapd."""
        self._answered.clear()
        try:
            self._socket.send(request.encode())
        except OSError as error:
            raise self._lost(error) from error
        if not await happens_within(self._answered, ANSWER_S, self._clock):
            raise AccessPointUnavailable(self._path, f"no answer within {ANSWER_S:.0f} s")
        return self._answer.decode(errors="replace")

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        try:
            datagram = self._socket.recv(65_536)
        except OSError:
            return  # the next question finds out
        if datagram.startswith(b"<"):
            if datagram.partition(b">")[2].startswith(_COMINGS_AND_GOINGS):
                self._told()
        else:
            self._answer = datagram
            self._answered.set()

    def _lost(self, error: OSError) -> AccessPointUnavailable:
        why = os.strerror(error.errno) if error.errno else str(error)
        return AccessPointUnavailable(
            self._path,
            f"{why}: is hostapd running (systemctl status hostapd), with ctrl_interface set and "
            "its group ours?",
        )


def _one_of(answer: str) -> list[Station]:
    stations = read_all_sta(answer)
    if len(stations) != 1:
        raise StationsRefused("not_one_station")
    return stations


def _nobody() -> None:
    """Nobody asked to be told."""

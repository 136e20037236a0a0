"""What `iw dev X station dump` prints, versions 3 to 6, and asking it.

Rules of this file: a dump is a heading per station and indented `name: value` lines in an order
that changes between versions and drivers, tabs or blanks between them. What a driver does not
tell is unknown, never 0. A multi-link station (Wi-Fi 7) has a section per link: what the station
itself tells stands; what only its links tell is summed (bytes), the strongest (signal), the
latest (activity) or the longest (association).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence

from contract.clock import Clock
from edge.drivers.errors import AccessPointUnavailable, StationsRefused
from edge.drivers.waiting import happens_within
from edge.drivers.wifi_station import Station, count, power

ANSWER_S = 5.0
MOST_BYTES = 4 * 1024 * 1024
"""Some thousand stations; more is no dump."""

_HEADING = re.compile(r"\s*Station\s+(\S{1,64})\s+\(on \S+\)")
_LINK = re.compile(r"\s*Link \d+\b")
_FIELD = re.compile(r"\s*([A-Za-z][A-Za-z /]*?):(.*)$")

Fields = dict[str, str]


def read_station_dump(text: str) -> list[Station]:
    """The stations of a dump, in its order; an empty dump has none.

    Raises StationsRefused where there is text and no station in it, and where it is too long.
    """
    if len(text) > MOST_BYTES:
        raise StationsRefused("too_long")
    stations = [_station(mac, own, links) for mac, own, links in _sections(text)]
    if not stations and text.strip():
        raise StationsRefused("not_a_station_dump")
    return stations


def _sections(text: str) -> Iterator[tuple[str, Fields, list[Fields]]]:
    """Per station its address, its own fields, and those of each link."""
    mac: str | None = None
    own: Fields = {}
    links: list[Fields] = []
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            if mac is not None:
                yield mac, own, links
            mac, own, links = heading[1].lower(), {}, []
        elif _LINK.match(line):
            links.append({})
        elif field := _FIELD.match(line):
            # The first telling stands: later sections (TXQ tables) reuse names.
            (links[-1] if links else own).setdefault(field[1].lower(), field[2].strip())
    if mac is not None:
        yield mac, own, links


def _station(mac: str, own: Fields, links: list[Fields]) -> Station:
    def told(
        name: str, read: Callable[[str], int | None], combine: Callable[..., int]
    ) -> int | None:
        if (value := read(own.get(name, ""))) is not None:
            return value
        values = [value for link in links if (value := read(link.get(name, ""))) is not None]
        return combine(values) if values else None

    return Station(
        mac,
        # A driver without flags lists whom it has associated.
        authorized=own.get("authorized", "yes") == "yes",
        received_bytes=told("rx bytes", count, sum),
        sent_bytes=told("tx bytes", count, sum),
        signal_dbm=told("signal", power, max),
        connected_s=told("connected time", count, max),
        inactive_ms=told("inactive time", count, min),
    )


class IwSource:
    """The stations of one interface, from the `iw` program (or any command that prints a dump)."""

    def __init__(self, interface: str, clock: Clock, command: Sequence[str] | None = None) -> None:
        self.name = interface
        self._clock = clock
        self._command = command or ("iw", "dev", interface, "station", "dump")

    async def stations(self) -> list[Station]:
        """Everybody associated now."""
        return read_station_dump((await self._printed()).decode(errors="replace"))

    def on_change(self, wake: Callable[[], None]) -> None:
        """It cannot tell; it has to be asked."""

    async def close(self) -> None:
        """Nothing is held."""

    async def _printed(self) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise self._unavailable(
                f"{self._command[0]} cannot be run ({error.strerror}): sudo apt install iw"
            ) from error
        finished = asyncio.Event()
        told = asyncio.ensure_future(process.communicate())
        told.add_done_callback(lambda _: finished.set())
        try:
            if not await happens_within(finished, ANSWER_S, self._clock):
                raise self._unavailable(f"iw did not end within {ANSWER_S:.0f} s")
            printed, _ = await told
        finally:
            if process.returncode is None:
                process.kill()
                await asyncio.gather(told, return_exceptions=True)
        if process.returncode:
            raise self._unavailable(
                f"iw ended with {process.returncode}: is {self.name} the access point's interface "
                "(iw dev)?"
            )
        return printed

    def _unavailable(self, why: str) -> AccessPointUnavailable:
        return AccessPointUnavailable(self.name, why)

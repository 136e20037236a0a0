"""An `iw` that prints what it is given: the fake beside `iw_stations`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.drivers.wifi_station import Station


class FakeIw:
    """A file and a command that prints it; without the file the command fails, as iw does."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "station_dump"
        self.command: Sequence[str] = ("cat", str(self._file))

    def show(self, stations: Sequence[Station]) -> None:
        """Print these from now on."""
        self.print("".join(map(dumped, stations)).encode())

    def print(self, printed: bytes) -> None:
        """Print this, whatever it is; whole or not at all, as a reader may be at it."""
        new = self._file.with_suffix(".new")
        new.write_bytes(printed)
        new.replace(self._file)

    def fail(self) -> None:
        """There is no such interface."""
        self._file.unlink(missing_ok=True)


def dumped(station: Station) -> str:
    """A station as iw 5 and 6 print it; what is None is left out."""
    figures = (
        ("inactive time:\t", station.inactive_ms, " ms"),
        ("rx bytes:\t", station.received_bytes, ""),
        ("tx bytes:\t", station.sent_bytes, ""),
        ("signal:  \t", station.signal_dbm, " [-60, -61] dBm"),
        ("authorized:\t", "yes" if station.authorized else "no", ""),
        ("connected time:\t", station.connected_s, " seconds"),
    )
    lines = [f"\t{name}{value}{unit}" for name, value, unit in figures if value is not None]
    return "\n".join([f"Station {station.mac} (on wlan0)", *lines, ""])

"""How hostapd describes a station: in its answers to STA-FIRST and STA-NEXT, and in `all_sta`.

Rules of this file: a description is an address alone on its line and `key=value` lines in any
order; keys unknown here are somebody else's. A station counts once it is [AUTHORIZED]: before
that it has not proved its password, and after its leaving it may stay listed for a while. A
hostapd before 2.4 prints no flags: there the finished key exchange counts, and where there is
none (an open network), being listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from edge.drivers.errors import StationsRefused
from edge.drivers.wifi_station import Station, count, power

MOST_BYTES = 4 * 1024 * 1024

_PAIR = r"[0-9a-zA-Z*]{2}"  # recordings mask their addresses in many ways
_KEYS_EXCHANGED = "11"
"""PTKINITDONE, the last state of hostapd's key exchange."""

_ADDRESS = re.compile(rf"{_PAIR}(?::{_PAIR}){{5}}$")


def read_all_sta(text: str) -> list[Station]:
    """The stations `hostapd_cli all_sta` lists; an access point without any prints nothing.

    Raises StationsRefused where there is text and no station in it, and where it is too long.
    """
    if len(text) > MOST_BYTES:
        raise StationsRefused("too_long")
    stations = [_station(mac, fields) for mac, fields in _descriptions(text)]
    if not stations and _says_something(text):
        raise StationsRefused("not_a_station_list")
    return stations


def _descriptions(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    mac: str | None = None
    fields: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        if _ADDRESS.match(line):
            if mac is not None:
                yield mac, fields
            mac, fields = line.lower(), {}
        elif mac is not None and "=" in line:
            key, _, value = line.partition("=")
            fields.setdefault(key.rstrip(), value.lstrip())
    if mac is not None:
        yield mac, fields


def _station(mac: str, fields: dict[str, str]) -> Station:
    return Station(
        mac,
        authorized=_may_send(fields),
        received_bytes=count(fields.get("rx_bytes", "")),
        sent_bytes=count(fields.get("tx_bytes", "")),
        signal_dbm=power(fields.get("signal", "")),
        connected_s=count(fields.get("connected_time", "")),
        inactive_ms=count(fields.get("inactive_msec", "")),
    )


def _may_send(fields: dict[str, str]) -> bool:
    if "flags" in fields:
        return "[AUTHORIZED]" in fields["flags"]
    return fields.get("hostapdWPAPTKState", _KEYS_EXCHANGED) == _KEYS_EXCHANGED


def _says_something(text: str) -> bool:
    """hostapd_cli names the interface it chose even where it has nothing to list."""
    lines = (line.strip() for line in text.splitlines())
    return any(line and not line.startswith("Selected interface ") for line in lines)

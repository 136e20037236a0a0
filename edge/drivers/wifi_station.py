"""A station of an access point, and what every source of them offers.

Rules of this file: a MAC address is personal data. A `Station` lives in the memory of the
process that asked for it, between a source and the ledger that counts; it is never logged,
stored or sent, and no error quotes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

_WHOLE = re.compile(r"-?[0-9]{1,20}(?![0-9.,])")


class Station(NamedTuple):
    """One associated device, as the access point sees it; None is what it does not tell."""

    mac: str
    """Lower case, as printed: recordings may be masked (`a4:12:42:xx:xx:xx`)."""
    authorized: bool
    received_bytes: int | None = None
    """From the station to the access point (`rx`), since its association."""
    sent_bytes: int | None = None
    signal_dbm: int | None = None
    connected_s: int | None = None
    inactive_ms: int | None = None

    def __repr__(self) -> str:
        """No address, so that none gets into a log by accident."""
        return "Station(...)"


class StationSource(Protocol):
    """One radio that can be asked who is associated with it."""

    @property
    def name(self) -> str:
        """What to call it in a log: an interface or a path."""
        ...

    async def stations(self) -> list[Station]:
        """Everybody associated now.

        Raises AccessPointUnavailable (nobody answers) and StationsRefused (no such list).
        """
        ...

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` when somebody comes or goes, where the source can tell."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...


def whole(text: str) -> int | None:
    """The whole number `text` begins with ("-14 [-17, -16] dBm"), or None ("1.5", "1,500")."""
    found = _WHOLE.match(text.strip())
    return int(found.group()) if found else None


def count(text: str) -> int | None:
    """A whole number that cannot be negative, or None."""
    number = whole(text)
    return number if number is not None and number >= 0 else None


def power(text: str) -> int | None:
    """A received power in dBm; above 0 is no signal a radio receives, so unknown."""
    number = whole(text)
    return number if number is not None and -128 <= number <= 0 else None

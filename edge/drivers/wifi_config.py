"""How an access point is named in a configuration file, and the usage made of it.

```toml
[wifi]
hostapd = ["/run/hostapd/wlan0"]   # control sockets; no root needed
interfaces = ["wlan1"]             # asked by `iw`, where hostapd is not ours; each radio once
interval_s = 900
```
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct

from contract.clock import Clock
from edge.drivers.hostapd import HostapdSource
from edge.drivers.iw_stations import IwSource
from edge.drivers.wifi_station import StationSource
from edge.drivers.wifi_usage import LOOK_S, WifiUsage

KEY_BYTES = 32


class WifiSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[wifi]: the radios whose use is counted."""

    hostapd: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    interval_s: Annotated[float, Meta(ge=60, le=86_400)] = 900.0
    """Shorter would tell of single persons."""
    look_s: Annotated[float, Meta(ge=1, le=300)] = LOOK_S


def wifi_usage(
    section: WifiSection, clock: Clock, random_bytes: Callable[[int], bytes]
) -> WifiUsage | None:
    """The usage of these radios; None where none is named. A key is drawn for this run."""
    sources: list[StationSource] = [HostapdSource(path, clock) for path in section.hostapd]
    sources += [IwSource(interface, clock) for interface in section.interfaces]
    if not sources:
        return None
    return WifiUsage(sources, clock, random_bytes(KEY_BYTES), section.interval_s, section.look_s)

"""Check of the access point: whether its users can be counted."""

from __future__ import annotations

from edge.drivers.errors import AccessPointUnavailable, StationsRefused
from edge.drivers.hostapd import HostapdSource
from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject


async def wifi(subject: Subject) -> Finding:
    """Each control socket of hostapd answers and lists its stations."""
    if not subject.hostapd.is_dir():
        return not_checked(f"no hostapd here ({subject.hostapd} does not exist)")
    try:
        sockets = sorted(path for path in subject.hostapd.iterdir() if path.is_socket())
    except PermissionError:
        return failed(
            f"not allowed to look into {subject.hostapd}",
            "set ctrl_interface_group in hostapd.conf to a group of this user",
        )
    if not sockets:
        return failed(
            f"hostapd has no control socket in {subject.hostapd}",
            "set ctrl_interface there in hostapd.conf and restart hostapd",
        )
    told = []
    for path in sockets:
        source = HostapdSource(str(path), subject.clock)
        try:
            stations = await source.stations()
        except (AccessPointUnavailable, StationsRefused) as error:
            return failed(str(error), "sudo systemctl restart hostapd, and see its journal")
        finally:
            await source.close()
        authorized = sum(station.authorized for station in stations)
        told.append(f"{authorized} connected at {path.name}")
    return ok(", ".join(told))

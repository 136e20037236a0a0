"""`softplace doctor` on an access point: found, tested, and how to mend it."""

from __future__ import annotations

from pathlib import Path

from edge.drivers.hostapd_fake import FakeHostapd
from edge.drivers.wifi_station import Station
from softplace.doctor.finding import Finding
from softplace.doctor.subject import Subject
from softplace.doctor.wifi import wifi


async def found(directory: Path) -> Finding:
    return await wifi(Subject(hostapd=directory))


async def test_a_machine_without_an_access_point_is_not_ill(tmp_path: Path):
    assert (await found(tmp_path / "absent")).state == "not_checked"


async def test_an_access_point_that_answers_is_well_and_one_that_does_not_is_told(tmp_path: Path):
    assert "ctrl_interface" in (await found(tmp_path)).mend
    hostapd = FakeHostapd(tmp_path / "wlan0")
    hostapd.start()
    hostapd.connect(Station("02:00:00:00:00:01", authorized=True))
    hostapd.connect(Station("02:00:00:00:00:02", authorized=False))
    well = await found(tmp_path)
    assert (well.state, well.sentence) == ("ok", "1 connected at wlan0")
    hostapd.babble = b"no list\n"
    ill = await found(tmp_path)
    assert ill.state == "failed"
    assert "restart hostapd" in ill.mend
    assert "02:00" not in well.sentence + ill.sentence
    hostapd.stop()

"""Lists of stations as iw and hostapd print them, recorded and made up."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.errors import StationsRefused
from edge.drivers.hostapd_fake import described
from edge.drivers.hostapd_stations import read_all_sta
from edge.drivers.iw_fake import dumped
from edge.drivers.iw_stations import read_station_dump
from edge.drivers.wifi_station import Station

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "wifi"
READERS = (("station_dump", read_station_dump), ("hostapd_all_sta", read_all_sta))


def expected_rows() -> Iterator[dict[str, str]]:
    if (RECORDINGS / "expected.csv").exists():
        with (RECORDINGS / "expected.csv").open() as rows:
            yield from csv.DictReader(rows)


def as_row(name: str, stations: list[Station], station: Station) -> dict[str, str]:
    return {
        "file": name,
        "stations": str(len(stations)),
        "mac": station.mac,
        "rx_bytes": str(station.received_bytes),
        "tx_bytes": str(station.sent_bytes),
        "signal_dbm": str(station.signal_dbm),
        "connected_s": str(station.connected_s),
        "inactive_ms": str(station.inactive_ms),
        "authorized": "yes" if station.authorized else "no",
    }


@pytest.mark.skipif(not RECORDINGS.exists(), reason=f"no recordings at {RECORDINGS}")
def test_every_recording_is_its_expected_rows():
    read = []
    for path in sorted(RECORDINGS.glob("*.txt")):
        [parse] = [parse for prefix, parse in READERS if path.name.startswith(prefix)]
        stations = parse(path.read_text())
        read += [as_row(path.name, stations, station) for station in stations]
    expected = sorted(expected_rows(), key=lambda row: (row["file"], row["mac"]))
    assert sorted(read, key=lambda row: (row["file"], row["mac"])) == expected


def test_a_multi_link_station_that_tells_its_totals_is_not_counted_twice():
    text = (
        "Station 02:00:00:00:00:01 (on wlan0)\n\tauthorized:\tyes\n\trx bytes:\t1439\n"
        "\ttx bytes:\t1538\n\tconnected time:\t9 seconds\n\tcurrent time:\t5 ms\n\n\tLink 0:\n"
        "\t\taddress: 02:00:00:00:00:01\n\t\tinactive time:\t330 ms\n\t\trx bytes:\t116\n"
        "\t\tsignal:  \t-70 [-71, -90] dBm\n\tLink 1:\n\t\taddress: 02:00:00:00:00:02\n"
        "\t\tinactive time:\t20 ms\n\t\trx bytes:\t1323\n\t\tsignal:  \t-50 [-51, -88] dBm\n\n"
    )
    [station] = read_station_dump(text)
    assert station == Station("02:00:00:00:00:01", True, 1439, 1538, -50, 9, 20)


def test_what_a_driver_does_not_tell_is_unknown_and_what_cannot_be_is_not_believed():
    [bare] = read_station_dump(
        "Station 02:00:00:00:00:01 (on wlan0)\n\trx packets:\t1428888\n\tsignal:  \t93 dBm\n"
        "\ttx bitrate:\t(unknown)\n\tbeacon interval:100\n\tlast ack signal:-51 dBm\n"
    )
    assert bare == Station("02:00:00:00:00:01", authorized=True)
    [waiting, idle] = read_all_sta(
        "Selected interface 'wlan0'\n02:00:00:00:00:01\nflags=[AUTH][ASSOC]\n"
        "02:00:00:00:00:AA\nflags=[AUTH][ASSOC][AUTHORIZED]\nsignal=0\nrx_bytes=-1\n"
    )
    assert not waiting.authorized
    assert (idle.mac, idle.signal_dbm, idle.received_bytes) == ("02:00:00:00:00:aa", 0, None)


def test_copies_with_a_prompt_other_blanks_and_figures_of_people_are_read_with_care():
    [near, far] = read_station_dump(
        "root@OpenWrt:~# iw dev phy0-ap0 station dump\r\n"
        "Station  02:00:00:00:00:AA (on phy0-ap0) \r\n"
        "  rx bytes:5\r\n\ttx bytes:\t1,500\r\n\tconnected time: 1.5 hours\r\n"
        "\tbeacon signal avg:\t-70 dBm\r\n\tsignal avg:\t-50 dBm\r\n"
        "Station 02:00:00:00:00:bb (on phy0-ap0)\r\n\tauthorized:\tno\r\n"
        "\tLink 0 (5180 MHz):\r\n\t\trx bytes:\t7\r\n\tLink 1 (2412 MHz):\r\n\t\trx bytes:\t8\r\n"
    )
    assert near == Station("02:00:00:00:00:aa", authorized=True, received_bytes=5)
    assert far == Station("02:00:00:00:00:bb", authorized=False, received_bytes=15)


def test_a_hostapd_without_flags_tells_by_its_keys_who_is_in():
    listed = read_all_sta(
        "> all_sta\n02:00:00:00:00:01\naid=1\nhostapdWPAPTKState=11\nrx_bytes = 4\n"
        "02:00:00:00:00:02\naid=2\nhostapdWPAPTKState=7\nkeyid=flat=3\n02:NN:NN:NN:NN:03\naid=3\n"
    )
    assert [station.authorized for station in listed] == [True, False, True]
    assert (listed[0].received_bytes, listed[2].mac) == (4, "02:nn:nn:nn:nn:03")


def test_nobody_connected_is_no_error():
    assert read_station_dump("") == read_station_dump("\n") == []
    assert read_all_sta("") == read_all_sta("Selected interface 'wlan0'\n") == []


addresses = st.integers(0, 2**48 - 1).map(
    lambda n: ":".join(f"{n:012x}"[i : i + 2] for i in range(0, 12, 2))
)
figures = st.none() | st.integers(0, 2**63)
stations = st.lists(
    st.builds(
        Station,
        mac=addresses,
        authorized=st.booleans(),
        received_bytes=figures,
        sent_bytes=figures,
        signal_dbm=st.none() | st.integers(-128, 0),
        connected_s=figures,
        inactive_ms=figures,
    ),
    unique_by=lambda station: station.mac,
)


@given(stations)
def test_what_is_printed_is_read_back(seen: list[Station]):
    assert read_station_dump("".join(map(dumped, seen))) == seen
    assert read_all_sta("".join(described(station, 1) for station in seen)) == seen


SOUND = "".join(
    render(Station("02:00:00:00:00:01", True, 1, 2, -3, 4, 5))
    for render in (dumped, lambda station: described(station, 1))
)


@given(
    st.text() | st.binary().map(lambda data: data.decode(errors="replace")),
    st.integers(0, len(SOUND)),
    st.integers(0, len(SOUND)),
)
def test_junk_is_read_or_refused_in_one_way(junk: str, begin: int, end: int):
    for text in (junk, SOUND[begin:end], SOUND[:begin] + junk + SOUND[end:]):
        for read in (read_station_dump, read_all_sta):
            try:
                found = read(text)
            except StationsRefused:
                continue
            assert all(len(station.mac) <= 64 for station in found)

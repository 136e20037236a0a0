from __future__ import annotations

from datetime import date

import pytest

from edge.drivers.errors import SentenceRefused
from edge.drivers.nmea_fields import Gga, Gst, Rmc, Zda, read_fields
from edge.drivers.nmea_sentence import sealed


def read(body: str):
    return read_fields(sealed(body).decode().strip())


def rmc(**changed: str) -> str:
    fields = {
        "time": "120213.000",
        "status": "A",
        "lat": "5957.0062",
        "ns": "N",
        "lon": "01100.6429",
        "ew": "E",
        "knots": "10.0",
        "course": "90.0",
        "date": "310722",
        "variation": "",
        "side": "",
        "mode": "D",
    } | changed
    return "GNRMC," + ",".join(fields.values())


def gga(**changed: str) -> str:
    fields = {
        "time": "120213.000",
        "lat": "5957.0062",
        "ns": "S",
        "lon": "01100.6429",
        "ew": "W",
        "quality": "2",
        "satellites": "07",
        "hdop": "1.3",
    } | changed
    return "GNGGA," + ",".join(fields.values()) + ",168.9,M,39.5,M,,"


def test_rmc_is_read_with_its_units():
    record = read(rmc())
    assert isinstance(record, Rmc)
    assert record.time_ms == 43_333_000
    assert record.date == date(2022, 7, 31)
    assert record.place is not None
    assert record.place.latitude == pytest.approx(59.95010333, abs=1e-8)
    assert record.place.longitude == pytest.approx(11.01071500, abs=1e-8)
    assert record.speed_m_s == pytest.approx(5.1444, abs=1e-4)
    assert record.quality == 2


def test_gga_is_read_with_its_hemispheres():
    record = read(gga())
    assert isinstance(record, Gga)
    assert record.place is not None
    assert record.place.latitude < 0
    assert record.place.longitude < 0
    assert (record.quality, record.satellites, record.accuracy_m) == (2, 7, 6.5)


def test_the_navigational_status_of_nmea_4_10_does_not_make_a_good_fix_void():
    record = read(rmc() + ",V")
    assert isinstance(record, Rmc)
    assert record.place is not None


@pytest.mark.parametrize("talker", ["GP", "GN", "GL", "GA", "GB", "BD", "QZ", "IN", "ZZ"])
def test_every_talker_is_heard(talker: str):
    assert isinstance(read(rmc().replace("GN", talker, 1)), Rmc)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rmc(lat="9900.0000"), "out_of_range"),
        (rmc(lat="9000.0001"), "out_of_range"),
        (rmc(lat="5975.0000"), "out_of_range"),
        (rmc(lon="18000.0001"), "out_of_range"),
        (rmc(lon="01160.0000"), "out_of_range"),
        (rmc(lat=""), "malformed"),
        (rmc(lat="5957"), None),
        (rmc(lat="-957.0062"), "malformed"),
        (rmc(lat="5957.00x2"), "malformed"),
        (rmc(ns="E"), "malformed"),
        (rmc(ew=""), "malformed"),
        (rmc(time=""), "time_missing"),
        (rmc(time="250000"), "out_of_range"),
        (rmc(time="126000"), "out_of_range"),
        (rmc(time="235960"), "out_of_range"),
        (rmc(time="12021"), "malformed"),
        (rmc(date="310222"), "out_of_range"),
        (rmc(date="2208-1"), "malformed"),
        (gga(quality="A"), "malformed"),
        (gga(quality="12"), "malformed"),
        (gga(lat="5975.0"), "out_of_range"),
        (gga(time=""), "time_missing"),
        ("GPZDA,,,,,00,00", "void"),
        ("GPZDA,120000,aa,03,2022,,", "malformed"),
        ("GPZDA,120000,31,02,2022,,", "out_of_range"),
        ("GPRMC,", None),
    ],
)
def test_what_is_not_sound_is_refused_by_name(body: str, reason: str | None):
    if reason is None:
        read(body)
        return
    with pytest.raises(SentenceRefused) as refusal:
        read(body)
    assert refusal.value.reason == reason


def test_a_void_sentence_keeps_its_date_and_has_no_place():
    record = read("GPRMC,030851.00,V,,,,,,,100806,,,N")
    assert record == Rmc(11_331_000, date(2006, 8, 10), None)
    assert read("GPGGA,,,,,,0,00,99.99,,,,,,") == Gga(None, None)
    assert isinstance(read(rmc(mode="N")), Rmc)
    assert read(rmc(mode="N")).place is None


def test_an_impossible_speed_or_course_is_dropped_and_the_position_is_not():
    record = read(rmc(knots="9999", course="-3"))
    assert isinstance(record, Rmc)
    assert record.place is not None
    assert (record.speed_m_s, record.course_deg) == (None, None)


def test_dates_and_fractions():
    assert read(rmc(date="060180")).date == date(1980, 1, 6)
    assert read(rmc(date="311279")).date == date(2079, 12, 31)
    assert read(rmc(date="000000")).date is None
    assert read(rmc(time="000000.9996")).time_ms == 1_000
    assert read(rmc(time="235959.9999")).time_ms == 86_400_000
    assert read(rmc(time="000000.")).time_ms == 0
    assert read(gga(quality="9")).quality == 2
    assert read("GPZDA,193223.00,23,12,2007,00,00") == Zda(70_343_000, date(2007, 12, 23))


def test_error_statistics_become_metres():
    record = read("GPGST,150119.000,004.0,008.7,004.7,132.3,003.0,004.0,00014")
    assert record == Gst(54_079_000, 5.0)


@pytest.mark.parametrize(
    "body",
    ["GPGSV,1,1,00", "PGRME,15.0,M,22.5,M,27.0,M", "PRMC,1", "LOG108,1", "GPRMB,V,", "PSTIGGA,1"],
)
def test_other_types_are_not_ours(body: str):
    assert read(body) is None


def test_encapsulated_sentences_are_not_ours():
    assert read_fields("!AIRMC,120213.000*00") is None

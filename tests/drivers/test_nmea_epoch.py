from __future__ import annotations

from datetime import UTC, date, datetime

from edge.drivers.nmea_sentence import sealed
from edge.drivers.nmea_stream import NmeaStream
from edge.drivers.plausible_dates import LIVE_DATES, REPLAY_DATES, DateWindow
from edge.drivers.position_source import Fix

NORTH = "4404.1000,N,12118.8000,W"


def rmc(time: str, day: str = "100117", *, status: str = "A", place: str = NORTH) -> bytes:
    place = place if status == "A" else ",,,"
    return sealed(f"GNRMC,{time},{status},{place},1.0,90.0,{day},,,A")


def gga(time: str, quality: int = 1, *, place: str = NORTH, satellites: int = 8) -> bytes:
    place = place if quality else ",,,"
    return sealed(f"GNGGA,{time},{place},{quality},{satellites:02d},1.0,1144.8,M,-21.4,M,,")


def zda(time: str, day: str = "10,01,2017") -> bytes:
    return sealed(f"GNZDA,{time},{day},00,00")


def stream(*sentences: bytes, dates: DateWindow = REPLAY_DATES) -> tuple[list[Fix], dict[str, int]]:
    """Fixes and rejections; checks that every sentence is accounted for, exactly once."""
    reader = NmeaStream(dates)
    fixes = [fix for sentence in sentences for fix in reader.feed(sentence, 1_000)]
    fixes += reader.end(1_000)
    count = reader.counters(connected=False)
    assert count.sentences == len(sentences)
    assert count.used + count.ignored + sum(count.rejected.values()) == len(sentences)
    assert count.fixes == len(fixes)
    return fixes, dict(count.rejected)


def moments(fixes: list[Fix]) -> list[str]:
    return [
        datetime.fromtimestamp(fix.observed_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        for fix in fixes
    ]


def test_an_epoch_is_one_fix_however_many_sentences_tell_it():
    fixes, rejected = stream(
        gga("120000.00"), rmc("120000.00"), gga("120000"), rmc("120000.000"), zda("120000.00")
    )
    assert moments(fixes) == ["2017-01-10 12:00:00.000"]
    assert rejected == {}


def test_an_epoch_is_told_as_soon_as_it_is_complete():
    reader = NmeaStream(REPLAY_DATES)
    assert reader.feed(gga("120000.00"), 5) == []
    [fix] = reader.feed(rmc("120000.00"), 7)
    assert (fix.boot_ms, fix.satellites, fix.speed_m_s) == (5, 8, 1852 / 3600)
    assert fix.dates_the_clock


def test_the_finer_position_of_an_epoch_is_taken():
    fine = "4404.123456,N,12118.800001,W"
    for pair in (
        [rmc("120000"), gga("120000", place=fine)],
        [gga("120000", place=fine), rmc("120000")],
    ):
        [fix], _ = stream(*pair)
        assert abs(fix.latitude - (44 + 4.123456 / 60)) < 1e-9


def test_a_gga_before_any_date_is_refused_and_the_rmc_of_its_epoch_dates_it():
    fixes, rejected = stream(gga("120000"), gga("120001"), rmc("120001"), gga("120002"))
    assert moments(fixes) == ["2017-01-10 12:00:01.000", "2017-01-10 12:00:02.000"]
    assert rejected == {"date_unknown": 1}


def test_zda_and_a_void_rmc_tell_the_date():
    fixes, _ = stream(zda("120000"), gga("120000"))
    assert len(fixes) == 1
    fixes, rejected = stream(rmc("120000", status="V"), gga("120000", 8), gga("120001", 8))
    assert [fix.fix_quality for fix in fixes] == [8, 8]
    assert not any(fix.dates_the_clock for fix in fixes)
    assert rejected == {"void": 1}


def test_the_date_of_its_own_rmc_beats_one_carried_from_a_reset_clock():
    fixes, rejected = stream(
        rmc("235952", "050180", status="V"), gga("102523"), rmc("102523", "210808")
    )
    assert moments(fixes) == ["2008-08-21 10:25:23.000"]
    assert rejected == {"void": 1}


def test_a_zda_two_seconds_ahead_makes_no_epoch():
    fixes, rejected = stream(
        gga("193221"),
        rmc("193221"),
        zda("193223"),
        gga("193222"),
        rmc("193222"),
        zda("193224"),
    )
    assert len(fixes) == 2
    assert rejected == {}


def test_midnight_carries_the_date_forward_and_back():
    fixes, _ = stream(rmc("235959"), gga("000000"), gga("000001"))
    assert moments(fixes)[1:] == ["2017-01-11 00:00:00.000", "2017-01-11 00:00:01.000"]
    fixes, _ = stream(zda("000001", "11,01,2017"), gga("235959"), gga("000000"))
    assert moments(fixes) == ["2017-01-10 23:59:59.000", "2017-01-11 00:00:00.000"]
    fixes, _ = stream(gga("235959.9996", place=NORTH), rmc("235959.9996"))
    assert moments(fixes) == ["2017-01-11 00:00:00.000"]


def test_a_clock_that_steps_back_gives_each_moment_once_and_the_first_stands():
    other = "4404.9000,N,12118.8000,W"
    fixes, rejected = stream(
        rmc("194111"), rmc("194113"), rmc("194111", place=other), rmc("194112", place=other)
    )
    assert moments(fixes) == [
        "2017-01-10 19:41:11.000",
        "2017-01-10 19:41:13.000",
        "2017-01-10 19:41:12.000",
    ]
    assert rejected == {"repeated_epoch": 1}


def test_interleaved_epochs_are_each_told_once():
    fixes, rejected = stream(
        rmc("120000"),
        gga("120001"),
        rmc("120001"),
        gga("120000"),
        gga("120002"),
        rmc("120003"),
        rmc("120002"),
    )
    assert len(fixes) == 4
    assert rejected == {"repeated_epoch": 2}


def test_ten_fixes_a_second_are_ten():
    sentences = [s for i in range(10) for s in (gga(f"120000.{i}0"), rmc(f"120000.{i}0"))]
    fixes, rejected = stream(*sentences)
    assert (len(fixes), rejected) == (10, {})


def test_rmc_and_gga_each_suffice_and_either_may_be_void():
    fixes, rejected = stream(
        rmc("120000"),
        gga("120000", 0),
        rmc("120001", status="V"),
        gga("120001", 6),
        rmc("120002", status="V"),
        gga("120002", 0),
    )
    assert len(fixes) == 2
    assert fixes[1].fix_quality == 6
    assert rejected == {"void": 4}


def test_implausible_dates_are_refused_live_and_kept_in_a_recording():
    rolled_over = [rmc("120000", "180315"), gga("120000"), rmc("120001", "180315")]
    fixes, rejected = stream(*rolled_over, dates=LIVE_DATES)
    assert fixes == []
    assert rejected == {"date_implausible": 2, "date_unknown": 1}
    fixes, rejected = stream(*rolled_over)
    assert len(fixes) == 2
    assert date(2046, 1, 1) not in LIVE_DATES
    assert date(2026, 6, 1) in LIVE_DATES


def test_few_satellites_do_not_set_a_clock():
    [fix], _ = stream(rmc("120000"), gga("120000", satellites=3))
    assert not fix.dates_the_clock


def test_a_pause_tells_a_dated_epoch_and_keeps_an_undated_one():
    reader = NmeaStream(REPLAY_DATES)
    reader.feed(gga("120000"), 0)
    assert reader.waits
    assert reader.pause() == []
    assert len(reader.feed(rmc("120000"), 0)) == 1
    reader.feed(rmc("120001"), 0)
    assert len(reader.pause()) == 1
    assert not reader.waits
    assert reader.pause() == []
    assert reader.feed(gga("120001"), 0) == []
    assert reader.counters(connected=True).rejected == {}


def test_a_new_line_knows_no_date():
    reader = NmeaStream(REPLAY_DATES)
    reader.feed(rmc("120000"), 0)
    assert len(reader.end(0)) == 1
    reader.feed(gga("120001"), 0)
    assert reader.end(0) == []
    assert reader.counters(connected=True).rejected == {"date_unknown": 1}


def test_a_date_unheard_for_half_a_day_is_not_carried():
    reader = NmeaStream(REPLAY_DATES)
    reader.feed(rmc("120000"), 0)
    assert len(reader.feed(gga("120001"), 12 * 3_600_000)) == 1
    assert reader.end(0) == []


def test_memory_of_told_epochs_is_bounded():
    reader = NmeaStream(REPLAY_DATES, remember=10)
    for second in range(40):
        reader.feed(rmc(f"1200{second:02d}"), 0)
    assert len(reader._merger._told) == 10

"""Each difference between our number of fixes and gpsd's, by file and by cause.

gpsd counts reports, not fixes. ours = gpsd's reports with a fix - those without time - those
that repeat a moment - moments that only gpsd tells + moments that only we tell; each of these
is counted here again from the recording and from gpsd's own output.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.replay.gpsd_reports import DAY_MS, reported
from tests.replay.recordings import NMEA, needs_recordings, recordings
from tests.replay.second_reader import read_recording

pytestmark = needs_recordings
TABLE = Path(__file__).parent / "differences_from_gpsd.csv"


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as opened:
        return {row["file"]: row for row in csv.DictReader(opened)}


def checked() -> list[Path]:
    return [path for path in recordings() if path.with_name(path.name + ".chk").is_file()]


def test_no_recording_is_left_out():
    named = set(rows(TABLE))
    assert named == set(rows(NMEA / "expected_from_chk.csv"))
    assert named == {path.name for path in checked()}


@pytest.mark.parametrize("path", checked(), ids=lambda path: path.name)
def test_the_difference_is_as_the_table_says(path):
    row = rows(TABLE)[path.name]
    gpsd = reported(path.with_name(path.name + ".chk"))
    ours = [seen.observed_ms for seen in read_recording(path)]
    theirs = int(rows(NMEA / "expected_from_chk.csv")[path.name]["tpv_with_fix"])
    both = len({moment % DAY_MS for moment in ours} & gpsd.times_of_day)
    found = {
        "ours": len(ours),
        "gpsd_tpv_with_fix": gpsd.with_fix,
        "difference": len(ours) - theirs,
        "without_time": gpsd.without_time,
        "repeated_reports": gpsd.repeats,
        "gpsd_only": len(gpsd.times_of_day) - both,
        "ours_only": len(ours) - both,
    }
    assert {name: int(row[name]) for name in found} == found
    assert gpsd.with_fix == theirs
    explained = -gpsd.without_time - gpsd.repeats - found["gpsd_only"] + found["ours_only"]
    assert found["difference"] == explained
    assert len(row["cause"]) > 20

"""Our reader against one that shares nothing with it, sentence account included."""

from __future__ import annotations

import csv

import pytest

from edge.drivers.nmea_stream import NmeaStream
from edge.drivers.plausible_dates import REPLAY_DATES
from tests.replay.recordings import NMEA, needs_recordings, recordings
from tests.replay.second_reader import read_recording, recording_bytes

pytestmark = needs_recordings
NEAR_DEG = 1e-6


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_fixes_and_positions_agree(path):
    reader = NmeaStream(REPLAY_DATES, remember=1_000_000)
    data = recording_bytes(path)
    ours = [fix for at in range(0, len(data), 61) for fix in reader.feed(data[at : at + 61], 0)]
    ours += reader.end(0)
    theirs = read_recording(path)
    assert [fix.observed_ms for fix in ours] == [seen.observed_ms for seen in theirs]
    for fix, seen in zip(ours, theirs, strict=True):
        latitude, longitude = seen.positions[0]
        assert fix.latitude == pytest.approx(latitude, abs=NEAR_DEG)
        assert fix.longitude == pytest.approx(longitude, abs=NEAR_DEG)


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_every_sentence_is_accounted_for(path):
    reader = NmeaStream(REPLAY_DATES, remember=1_000_000)
    reader.feed(recording_bytes(path), 0)
    reader.end(0)
    count = reader.counters(connected=False)
    assert count.sentences == count.used + count.ignored + sum(count.rejected.values())
    with (NMEA / "index.csv").open() as opened:
        told = {row["file"]: row for row in csv.DictReader(opened)}.get(path.name)
    if told is not None:
        without = {"checksum_missing", "checksum_wrong", "cut_short", "too_long"}
        sound = count.sentences - sum(n for why, n in count.rejected.items() if why in without)
        assert sound == int(told["nmea_sentences_with_checksum"]) - int(told["bad_checksums"])
        assert count.rejected.get("checksum_wrong", 0) == int(told["bad_checksums"])

"""The bench of the edge runs every agent for real; its figures hold in a full run only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.edge.metering import Limits, Sample, row
from benchmarks.edge.running import side_by_side
from benchmarks.edge.subjects import SUBJECTS

BEFORE = Sample(10.0, 1.0, 39.0, 50.0, 20.0, 9.0, 1_000_000)


@pytest.mark.parametrize(
    ("after", "passed"),
    [
        (Sample(110.0, 1.5, 39.0, 50.0, 20.0, 9.0, 1_100_000), True),
        (Sample(110.0, 2.5, 39.0, 50.0, 20.0, 9.0, 1_100_000), False),
        (Sample(110.0, 1.5, 40.0, 50.0, 20.0, 9.0, 1_100_000), False),
        (Sample(110.0, 1.5, 39.0, 50.0, 20.0, 9.0, 1_200_000), False),
    ],
)
def test_a_row_passes_below_all_its_limits_only(after: Sample, passed: bool):
    made = row("door", BEFORE, after, Limits(written_mb_per_h=5.0))
    assert made["passed"] is passed
    assert made["seconds"] == 100


@pytest.mark.long
async def test_every_agent_is_measured_and_only_doors_have_a_guard(tmp_path: Path):
    if not (shutil.which("mosquitto") and shutil.which("influxd")):
        pytest.skip("mosquitto and influxd are not installed")
    rows = await side_by_side(tmp_path, seconds=3.0, warm_up_s=15.0)
    assert [made["agent"] for made in rows] == [subject.name for subject in SUBJECTS]
    for made in rows:
        assert made["resident_mib"] > 10
        assert (made["guard_mib"] > 0) == made["agent"].startswith("door")

from __future__ import annotations

from pathlib import Path

import pytest

from edge.truck_agent.odometer_file import OdometerFile


def test_the_reading_survives_a_restart_and_is_written_rarely(tmp_path: Path):
    path = tmp_path / "outbox.odometer"
    kept = OdometerFile(path)
    assert kept.restore() == 0.0
    for second in range(299):
        kept.keep(second * 10.0, second * 1_000)
    assert not path.exists()
    kept.keep(3_000.0, 300_000)
    assert OdometerFile(path).restore() == 3_000.0
    kept.keep(3_500.0, 301_000, at_once=True)
    assert OdometerFile(path).restore() == 3_500.0
    before = path.stat().st_mtime_ns
    kept.keep(3_500.2, 700_000, at_once=True)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"metres": "x"}', '{"metres": -1}', "null"])
def test_a_damaged_file_starts_from_nothing(tmp_path: Path, text: str):
    path = tmp_path / "outbox.odometer"
    path.write_text(text)
    assert OdometerFile(path).restore() == 0.0


def test_a_disk_that_cannot_be_written_is_said_once_and_heals(tmp_path: Path, caplog):
    folder = tmp_path / "gone"
    kept = OdometerFile(folder / "outbox.odometer")
    kept.keep(10.0, 0, at_once=True)
    kept.keep(20.0, 1, at_once=True)
    assert [record.getMessage().split()[0] for record in caplog.records] == ["odometer=unwritable"]
    folder.mkdir()
    kept.keep(30.0, 2, at_once=True)
    assert caplog.records[-1].getMessage().startswith("odometer=written")
    assert OdometerFile(folder / "outbox.odometer").restore() == 30.0

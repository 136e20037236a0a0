"""Our own files lose nothing synced at a power cut, and the cuts would notice if they did."""

import pytest

from benchmarks.power_cut.disk import Sync, Truncate, Write
from benchmarks.power_cut.outbox_subject import OutboxSubject
from benchmarks.power_cut.recorded_files import RecordedFiles
from benchmarks.power_cut.runner import cut_power
from benchmarks.power_cut.tap_subject import TapSubject
from edge.copass.durable_files import RealFiles
from edge.link import schema
from softplace.power_cut_subjects import SUBJECTS


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_nothing_synced_is_lost_doubled_or_corrupt(subject):
    row = cut_power(subject, 250, seed=2)

    assert row.as_row()["passed"], row.notes


def test_an_outbox_that_did_not_sync_would_be_found_out(monkeypatch):
    careless = [p.replace("synchronous=FULL", "synchronous=NORMAL") for p in schema.PRAGMAS]
    monkeypatch.setattr(schema, "PRAGMAS", tuple(careless))

    row = cut_power(OutboxSubject(), 250, seed=2)

    assert row.lost > 0


def test_a_journal_that_did_not_sync_would_be_found_out(monkeypatch):
    monkeypatch.setattr(
        RecordedFiles,
        "appended",
        lambda files, name, offset, data: files._events.append(Write(name, offset, data)),
    )

    row = cut_power(TapSubject(), 250, seed=2)

    assert row.lost > 0


def test_rights_written_over_the_old_ones_would_be_found_out(monkeypatch):
    def overwrite(files, path, data):
        RealFiles().replace(path, data)
        files._events += [Truncate(path.name, 0), Write(path.name, 0, data), Sync(path.name)]

    monkeypatch.setattr(RecordedFiles, "replace", overwrite)

    row = cut_power(TapSubject(), 250, seed=2)

    assert row.lost + row.corrupt > 0

"""Our own files lose nothing synced at a power cut, and the cuts would notice if they did."""

import pytest

from benchmarks.power_cut.outbox_subject import OutboxSubject
from benchmarks.power_cut.runner import cut_power
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

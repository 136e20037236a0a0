"""A store that was replaced or restored is known by its last mark."""

from __future__ import annotations

import shutil

import pytest

from backend.ingest.marks import judge_mark
from backend.records.open import open_records
from tests.ingest import harness as h

OURS, THEIRS = "a" * 16, "b" * 16


@pytest.mark.parametrize(
    ("last", "written", "intended", "finding"),
    [
        (None, 0, 0, "first"),
        (None, 5, 5, "telemetry_replaced"),
        ((5, OURS), 5, 5, "sound"),
        ((6, OURS), 5, 6, "sound"),  # killed between the store's mark and our note of it
        ((5, OURS), 5, 6, "sound"),  # the store was away
        ((4, OURS), 5, 5, "telemetry_replaced"),
        ((7, OURS), 5, 6, "records_restored"),
        ((7, THEIRS), 5, 6, "records_restored"),
        ((5, THEIRS), 5, 5, "telemetry_replaced"),
        ((99, THEIRS), 0, 0, "first"),  # new records beside an old store
    ],
)
def test_what_a_mark_says(last, written, intended, finding):
    assert judge_mark(last, OURS, written, intended) == finding


def mark(chain):
    chain.now_ms += 60_000
    return chain.housekeeping.mark(chain.now_ms, chain.now_ms)


def test_in_ordinary_times_nothing_is_found(chain):
    epoch = chain.epoch()
    assert [mark(chain) for _ in range(4)] == ["first", "sound", "sound", "sound"]
    assert chain.epoch() == epoch


def test_a_replaced_store_draws_a_new_epoch_and_empties_the_ledger(chain):
    chain.feed(h.position(1))
    mark(chain)
    epoch = chain.epoch()
    chain.telemetry.lose_everything()
    assert mark(chain) == "telemetry_replaced"
    assert chain.epoch() != epoch
    assert chain.feed(h.position(1)).accepted == 1
    assert chain.stored() == 1
    assert mark(chain) == "sound"


def test_restored_records_draw_a_new_epoch_and_keep_their_ledger(chain, tmp_path):
    chain.feed(h.position(1))
    mark(chain)
    chain.engine.dispose()
    backup = tmp_path / "backup.sqlite"
    shutil.copy(tmp_path / "records.sqlite", backup)
    chain.feed(h.position(2))
    mark(chain)
    mark(chain)
    restored = h.Harness(open_records(f"sqlite:///{backup}"), telemetry=chain.telemetry)
    restored.now_ms = chain.now_ms
    assert mark(restored) == "records_restored"
    assert restored.epoch() != chain.epoch()
    assert restored.entry().contiguous == 1
    assert mark(restored) == "sound"


def test_a_store_that_cannot_be_asked_is_no_finding(chain):
    mark(chain)
    chain.telemetry.available = False
    assert mark(chain) is None
    chain.telemetry.heal()
    assert mark(chain) == "sound"


def test_another_worker_that_marks_meanwhile_is_no_finding(chain, tmp_path, monkeypatch):
    other = h.Harness.at(tmp_path)
    other.telemetry = chain.telemetry
    other.marks._telemetry = chain.telemetry
    mark(chain)
    ask = chain.telemetry.last_mark

    def overtaken():
        last = ask()
        monkeypatch.setattr(chain.telemetry, "last_mark", ask)
        other.now_ms = chain.now_ms + 60_000
        assert mark(other) == "sound"
        return last

    monkeypatch.setattr(chain.telemetry, "last_mark", overtaken)
    assert mark(chain) == "sound"
    assert mark(chain) == "sound"

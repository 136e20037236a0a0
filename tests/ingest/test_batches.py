"""Batches through decoding, ledger and stores: once, whatever comes how often in what order."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.devices.alarms import open_alarms
from backend.ingest import pipeline as pipeline_module
from backend.ingest.decide import accepted_of
from backend.ingest.errors import StoreAway
from backend.ingest.quarantine import newest_quarantined, put_quarantined
from backend.ingest.sorting import Refused
from backend.live.state import LiveState
from backend.records.transaction import reading, writing
from contract.topics import Unit
from tests.ingest import harness as h


def test_a_message_that_comes_again_has_no_effect(chain):
    first = chain.feed(h.position(1), h.position(2))
    again = chain.feed(h.position(2), h.position(3), h.position(3))
    assert (first.accepted, first.duplicates) == (2, 0)
    assert (again.accepted, again.duplicates) == (1, 2)
    assert chain.stored() == 3
    assert chain.telemetry.written == 3
    entry = chain.entry()
    assert (entry.contiguous, entry.stored, entry.duplicates) == (3, 3, 2)


def test_a_changed_message_under_a_settled_number_changes_nothing(chain):
    chain.feed(h.position(1, observed_ms=h.NOW_MS))
    chain.feed(h.position(1, observed_ms=h.NOW_MS + 5_000))
    assert chain.stored() == 1


def test_a_redelivery_after_a_failed_commit_stores_once(chain, monkeypatch):
    commit = pipeline_module.commit_batch

    def fail_late(*arguments: object):
        commit(*arguments)
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(pipeline_module, "commit_batch", fail_late)
    with pytest.raises(StoreAway, match="disk I/O error"):
        chain.feed(h.position(1), h.position(2))
    assert chain.entry().contiguous == 0
    monkeypatch.setattr(pipeline_module, "commit_batch", commit)
    outcome = chain.feed(h.position(1), h.position(2))
    assert outcome.accepted == 2
    assert chain.stored() == 2


def test_nothing_is_settled_while_the_store_is_away_and_all_is_when_it_is_back(chain):
    chain.telemetry.available = False
    with pytest.raises(StoreAway, match="nothing is acknowledged"):
        chain.feed(h.position(1))
    assert chain.entry().contiguous == 0
    chain.telemetry.heal()
    assert chain.feed(h.position(1)).accepted == 1
    assert chain.stored() == 1


def test_two_workers_count_a_message_once(chain, tmp_path):
    other = h.Harness.at(tmp_path)
    other.telemetry = chain.telemetry
    assert chain.feed(h.position(1), h.position(2)).accepted == 2
    assert other.feed(h.position(2), h.position(3)).accepted == 1
    assert chain.feed(h.position(3), h.position(4)).accepted == 1
    assert chain.entry().contiguous == 4


def test_a_worker_that_is_overtaken_hands_a_message_on_only_once(chain, tmp_path, monkeypatch):
    """Between the look at the ledger and the commit, another worker stores the same message."""
    other = h.Harness.at(tmp_path)
    store = pipeline_module.Pipeline._store

    def overtaken(self, batch, received_ms):
        verdicts = store(self, batch, received_ms)
        if self is chain.pipeline:
            other.feed(h.position(1))
        return verdicts

    monkeypatch.setattr(pipeline_module.Pipeline, "_store", overtaken)
    outcome = chain.feed(h.position(1), h.position(2))
    handed_on = [m for v in outcome.verdicts for m in accepted_of(v, h.NOW_MS)]
    assert (outcome.accepted, outcome.duplicates, len(handed_on)) == (1, 1, 1)
    assert chain.entry().contiguous == 2


@pytest.mark.parametrize(
    ("message", "reason", "detail"),
    [
        (h.raw("position", b"{"), "malformed", "truncated"),
        (h.raw("position", b"\xff\xfe"), "malformed", ""),
        (h.raw("ack", b'{"q":' + b"[" * 2_500), "malformed", "recursion"),
        (h.raw("position", b'{"outbox":1}'), "malformed", "outbox"),
        (h.raw("position", b"x" * 2_000), "oversized", "limit is 1024"),
        ((b"softplace/1/lozere/tram/t1/position", b"{}", b""), "topic", "tram"),
        ((b"softplace/1/elsewhere/bus/b1/position", b"{}", b""), "topic", "not ours"),
        ((b"softplace/1/lozere/bus/\xff/position", b"{}", b""), "topic", "UTF-8"),
    ],
)
def test_what_breaks_the_contract_is_set_aside_and_stops_nothing(chain, message, reason, detail):
    outcome = chain.feed(h.position(1), message, h.position(2))
    assert outcome.accepted == 2
    assert outcome.quarantined == {reason: 1}
    with reading(chain.engine) as connection:
        (kept,) = newest_quarantined(connection, 10)
    assert kept.reason == reason
    assert detail in kept.detail
    assert kept.payload == message[1]


def test_a_refused_message_with_a_readable_key_is_settled_once_and_told(chain):
    bad = h.position(2)
    topic, payload, packet_id = bad
    bad = topic, payload.replace(b"44.5", b"91.0"), packet_id
    outcome = chain.feed(h.position(1), bad, h.position(3))
    assert outcome.quarantined == {"malformed": 1}
    assert chain.entry().contiguous == 3
    assert chain.feed(bad).duplicates == 1
    ((_, stored, _),) = chain.pipeline.confirmations([("bus/b1", h.OUTBOX)], h.NOW_MS)
    assert stored.streams["position"].refused == (2,)
    assert chain.stored() == 2
    with reading(chain.engine) as connection:
        assert len(newest_quarantined(connection, 10)) == 1


def test_the_quarantine_is_bounded(chain, monkeypatch):
    monkeypatch.setattr("backend.ingest.quarantine.MAX_KEPT", 5)
    with writing(chain.engine) as connection:
        for number in range(9):
            refused = Refused(None, b"t", b"%d" % number, "topic", "", None)
            put_quarantined(connection, [refused], h.NOW_MS)
        kept = newest_quarantined(connection, 100)
    assert [one.payload for one in kept] == [b"8", b"7", b"6", b"5", b"4"]


def test_an_empty_message_takes_back_what_was_retained_and_is_no_fault(chain):
    outcome = chain.feed(h.raw("position", b""))
    assert (outcome.accepted, outcome.quarantined) == (0, {})


def test_without_a_trusted_clock_the_time_of_receipt_counts_and_stays(chain):
    undated = h.alarm(1, observed_ms=5_000, clock="unset")
    chain.telemetry.available = False
    with pytest.raises(StoreAway):
        chain.feed(undated)
    chain.telemetry.available = True
    chain.now_ms += 60_000
    outcome = chain.feed(undated)
    ((*_, time_ns),) = chain.telemetry.points
    assert time_ns == h.NOW_MS * 1_000_000 + 1
    ((accepted,),) = [accepted_of(v, h.NOW_MS) for v in outcome.verdicts]
    assert accepted.live is False
    assert LiveState.load(chain.engine).state(h.BUS).newest == {}


def test_a_message_from_the_future_is_stored_never_live_and_an_alarm(chain):
    chain.feed(h.position(1, observed_ms=h.NOW_MS))
    outcome = chain.feed(
        h.position(2, observed_ms=h.NOW_MS + 300_000), h.position(3, observed_ms=h.NOW_MS + 1_000)
    )
    assert chain.stored() == 3
    ((*accepted,),) = [accepted_of(v, h.NOW_MS) for v in outcome.verdicts]
    assert [one.live for one in accepted] == [False, True]
    position = LiveState.load(chain.engine).state(h.BUS).position
    assert position is not None
    assert position.observed_ms == h.NOW_MS + 1_000
    with reading(chain.engine) as connection:
        (open_alarm,) = open_alarms(connection)
    assert open_alarm.alarm == "clock_ahead"
    assert "300 s ahead" in open_alarm.detail
    chain.feed(h.position(4, observed_ms=h.NOW_MS + 2_000))
    with reading(chain.engine) as connection:
        assert open_alarms(connection) == []


def test_the_holder_of_a_tap_stands_in_the_records_alone(chain):
    chain.feed(h.tap(1))
    (point,) = chain.telemetry.points.values()
    assert "p-1234" not in str(point)
    with reading(chain.engine) as connection:
        holder = connection.execute(text("SELECT unit, seq, pseudonym FROM tap_holder")).one()
        assert connection.execute(text("SELECT COUNT(*) FROM latest_message")).scalar() == 0
    assert tuple(holder) == ("bus/b1", 1, "p-1234")
    chain.housekeeping.prune(h.NOW_MS + 94 * 86_400_000)
    with reading(chain.engine) as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM tap_holder")).scalar() == 0


def test_state_does_not_depend_on_the_order_of_batches(tmp_path):
    messages = [h.position(n, observed_ms=h.NOW_MS - abs(n - 17) * 1_000) for n in range(1, 31)]
    messages += [h.status(n, observed_ms=h.NOW_MS - 40_000 + n * 1_000) for n in range(1, 5)]
    for seed in range(4):
        directory = tmp_path / str(seed)
        directory.mkdir()
        chain = h.Harness.at(directory)
        chance = random.Random(seed)  # noqa: S311 - seeded, not secret
        shuffled = chance.choices(messages, k=20) + chance.sample(messages, len(messages))
        for start in range(0, len(shuffled), 7):
            chain.feed(*shuffled[start : start + 7])
        state = LiveState.load(chain.engine).state(h.BUS)
        assert state.position is not None
        assert state.position.observed_ms == h.NOW_MS
        assert state.presence == "online"
        assert state.presence_ms == h.NOW_MS - 36_000
        assert chain.entry().contiguous == 30
        assert chain.stored() == 30


def test_an_outbox_with_two_boots_remembers_the_highest_number_of_each(chain):
    chain.feed(h.position(1), h.position(3, boot=h.NEXT_BOOT), h.position(2))
    chain.feed(h.position(4, boot=h.NEXT_BOOT))
    (_, answer) = chain.feed(h.hello(session=9, position=(1, 3, 0))).answers[0]
    assert answer.renew
    assert answer.known_boots == {"position": {h.BOOT: 2, h.NEXT_BOOT: 4}}


def test_urgent_streams_are_confirmed_at_once_and_the_rest_within_the_debounce(chain):
    outcome = chain.feed(h.alarm(1), h.position(1, unit=Unit("bus", "b2")))
    assert outcome.urgent == {("bus/b1", h.OUTBOX)}
    assert outcome.touched == {("bus/b1", h.OUTBOX), ("bus/b2", h.OUTBOX)}


def test_replay_keeps_every_row_for_good(tmp_path):
    from backend.ingest.routes import Routes
    from contract.retention import REPLAY

    routes = Routes(h.TERRITORY, REPLAY)
    route = routes[h.position(1)[0]]
    assert route is not None
    assert route.database == "softplace_replay"


def test_what_has_expired_is_forgotten_and_nothing_else(chain):
    chain.feed(h.position(1), h.alarm(1, clock="unset"), h.raw("position", b"{"))
    day_ms = 86_400_000
    chain.housekeeping.prune(h.NOW_MS + 29 * day_ms)
    with reading(chain.engine) as connection:
        counts = [
            connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar()  # noqa: S608 - names of ours
            for table in ("latest_message", "receipt", "quarantined")
        ]
    assert counts == [1, 1, 1]
    chain.housekeeping.prune(h.NOW_MS + 63 * day_ms)
    with reading(chain.engine) as connection:
        for table in ("latest_message", "receipt", "quarantined"):
            assert connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar() == 0  # noqa: S608
    assert chain.entry().contiguous == 1, "what is settled stays settled"

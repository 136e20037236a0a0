"""Each line of the table of docs/chain.md, and what surrounds it."""

from __future__ import annotations

from backend.devices.command_rows import order, read_command, text_of
from backend.devices.retirement import retire, return_to_service
from backend.records.transaction import writing
from contract.topics import Unit
from contract.uplink import Ack
from tests.ingest import harness as h


def answer(outcome):
    ((unit, stored),) = outcome.answers
    assert unit == "bus/b1"
    return stored


def test_normal_the_next_number_is_above_all_that_is_stored(chain):
    chain.feed(h.position(1), h.position(2), h.position(5))
    stored = answer(chain.feed(h.hello(session=2, position=(3, 6, 2))))
    assert not stored.renew
    assert (stored.outbox, stored.epoch) == (h.OUTBOX, chain.epoch())
    assert (stored.answers.boot, stored.answers.session) == (h.BOOT, 2)
    assert stored.streams["position"].contiguous == 2
    assert stored.streams["position"].above == ((5, 6),)


def test_a_first_hello_is_answered_with_nothing_stored(chain):
    stored = answer(chain.feed(h.hello(position=(1, 1, 0))))
    assert stored.streams == {}
    assert not stored.renew


def test_rolled_back_the_next_number_is_taken(chain):
    chain.feed(*(h.position(n) for n in range(1, 11)))
    outcome = chain.feed(h.hello(boot=h.NEXT_BOOT, session=1, position=(5, 8, 4)))
    stored = answer(outcome)
    assert stored.renew
    assert stored.known_boots == {"position": {h.BOOT: 10}}
    assert any("outbox_rolled_back" in line for line in outcome.notices)
    assert not outcome.epoch_drawn


def test_restored_we_once_confirmed_more_than_we_know(chain):
    chain.feed(h.position(1))
    epoch = chain.epoch()
    outcome = chain.feed(h.hello(epoch=epoch, position=(400, 401, 399)))
    stored = answer(outcome)
    assert outcome.epoch_drawn
    assert stored.epoch == chain.epoch() != epoch
    assert stored.streams["position"].contiguous == 1
    assert not stored.renew
    again = chain.feed(h.hello(session=2, epoch=stored.epoch, position=(400, 401, 1)))
    assert not again.epoch_drawn


def test_another_epoch_is_answered_with_ranges_and_ours(chain):
    chain.feed(h.position(1))
    epoch = chain.epoch()
    outcome = chain.feed(h.hello(epoch="f" * 16, position=(400, 401, 399)))
    assert answer(outcome).epoch == epoch == chain.epoch()
    assert not outcome.epoch_drawn


def test_messages_that_follow_a_hello_in_its_batch_are_no_rollback(chain):
    """A hello that is delivered again, before the messages its answer allowed."""
    chain.feed(h.position(1))
    said = h.hello(session=2, position=(2, 2, 1))
    outcome = chain.feed(said, h.position(2), h.position(3))
    assert not answer(outcome).renew
    assert answer(outcome).streams["position"].contiguous == 3


def test_messages_that_precede_a_hello_in_its_batch_count(chain):
    outcome = chain.feed(
        h.position(1), h.position(2), h.hello(boot=h.NEXT_BOOT, position=(1, 2, 0)), h.position(3)
    )
    assert answer(outcome).renew


def test_a_hello_delivered_again_in_a_later_batch_gets_the_first_judgement(chain):
    said = h.hello(position=(1, 1, 0))
    assert not answer(chain.feed(said)).renew
    chain.feed(h.position(1), h.position(2))
    assert not answer(chain.feed(said)).renew
    rolled_back = h.hello(boot=h.NEXT_BOOT, session=0, position=(1, 2, 0))
    assert answer(chain.feed(rolled_back)).renew
    assert answer(chain.feed(rolled_back)).renew


def test_a_late_copy_of_an_older_hello_is_not_answered(chain):
    chain.feed(h.hello(session=5, position=(1, 1, 0)))
    assert chain.feed(h.hello(session=4, position=(1, 1, 0))).answers == []


def test_after_renewal_the_old_numbers_stay_settled_and_the_new_outbox_starts_at_one(chain):
    chain.feed(h.position(1), h.position(2))
    chain.feed(h.hello(boot=h.NEXT_BOOT, position=(1, 2, 0)))
    said = h.hello(outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT, session=2, position=(1, 1, 0))
    outcome = chain.feed(said)
    assert answer(outcome).outbox == h.OTHER_OUTBOX
    outcome = chain.feed(h.position(2), h.position(1, outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    assert (outcome.accepted, outcome.duplicates) == (1, 1)
    assert not any("identity_conflict" in line for line in outcome.notices)


def test_every_known_unit_is_told_without_answering_anybody(chain):
    other = Unit("truck", "t1")
    chain.feed(h.position(1), h.position(1, unit=other))
    chain.feed(h.hello(outbox=h.OTHER_OUTBOX, position=(1, 1, 0)))
    chain.feed(h.position(1, outbox=h.OTHER_OUTBOX))
    confirmations = chain.pipeline.confirmations(None, h.NOW_MS)
    told = {(c.unit, c.stored.outbox) for c in confirmations}
    assert told == {("bus/b1", h.OTHER_OUTBOX), ("truck/t1", h.OUTBOX)}
    assert all(c.retained and c.stored.answers is None for c in confirmations)
    (old,) = chain.pipeline.confirmations([("bus/b1", h.OUTBOX)], h.NOW_MS)
    assert not old.retained


def test_nothing_is_retained_for_a_retired_unit_until_a_device_serves_it_again(chain):
    chain.feed(h.hello(), h.position(1))
    with writing(chain.engine) as connection:
        retire(connection, "bus/b1", h.NOW_MS)
    assert chain.pipeline.confirmations(None, h.NOW_MS) == []
    [last] = chain.pipeline.confirmations([("bus/b1", h.OUTBOX)], h.NOW_MS)
    assert (last.unit, last.retained) == ("bus/b1", False)
    with writing(chain.engine) as connection:
        return_to_service(connection, "bus/b1")
    [back] = chain.pipeline.confirmations(None, h.NOW_MS)
    assert back.retained


def test_a_reply_to_a_command_is_found_where_it_was_ordered_once(chain):
    with writing(chain.engine) as connection:
        nonce = order(connection, "bus/b1", "logs", {}, "ops", h.NOW_MS, 60_000)
    done = Ack(
        **h.envelope(1),
        subject="command",
        reference=nonce,
        answer="done",
        text="all well",
        part=1,
        parts=1,
    )
    chain.feed(h.sealed("ack", done), h.sealed("ack", done))
    with writing(chain.engine) as connection:
        row = read_command(connection, nonce)
        assert row is not None
        assert (row.state, text_of(connection, row)) == ("done", "all well")

"""State is a function of the set of messages, not of their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from backend.live.snapshot import Contact, Latest
from backend.live.state import LiveState
from contract import codec
from contract.backend import Accepted, AcceptedBatch, LostContact
from contract.topics import Unit
from contract.uplink import Position, Status, Tap

BUS = Unit("bus", "b1")
NOW_MS = 1_790_000_000_000


def accepted(stream, message, received_ms=NOW_MS, *, live=True, unit=BUS):
    return Accepted(
        kind=unit.kind,
        unit=unit.name,
        stream=stream,
        received_ms=received_ms,
        live=live,
        message=Raw(codec.encode(message)),
    )


def envelope(seq, observed_ms):
    return {
        "outbox": "0" * 16,
        "seq": seq,
        "boot": "00000001-00000001",
        "observed_ms": observed_ms,
        "clock": "gnss",
    }


def position(seq, observed_ms, received_ms=NOW_MS, *, live=True):
    fix = Position(**envelope(seq, observed_ms), latitude=seq / 100, longitude=3.5)
    return accepted("position", fix, received_ms, live=live)


def status(seq, observed_ms, state, received_ms=NOW_MS):
    said = Status(**envelope(seq, observed_ms), state=state, session=1, version="1")
    return accepted("status", said, received_ms)


def lost(received_ms):
    return LostContact(kind="bus", unit="b1", received_ms=received_ms)


def state_of(*batches: AcceptedBatch):
    live = LiveState()
    for batch in batches:
        live.apply(batch)
    return live.state(BUS)


def test_the_newest_measurement_stands_and_equal_or_older_never_overwrite():
    state = state_of(
        AcceptedBatch(accepted=(position(2, 2_000), position(1, 1_000), position(3, 2_000)))
    )
    assert state.position is not None
    assert (state.position.latitude, state.position.observed_ms) == (0.02, 2_000)


def test_an_unheard_unit_is_unknown():
    state = LiveState().state(BUS)
    assert (state.presence, state.position, state.heard_ms) == ("unknown", None, None)


def test_what_may_not_be_live_is_heard_but_never_shown():
    state = state_of(AcceptedBatch(accepted=(position(1, NOW_MS, live=False),)))
    assert (state.position, state.heard_ms) == (None, NOW_MS)


def test_a_tap_is_no_state():
    tap = Tap(
        **envelope(1, NOW_MS), decision="granted", reason="granted", place="door", pseudonym="p"
    )
    assert state_of(AcceptedBatch(accepted=(accepted("tap", tap),))).newest == {}


def test_off_duty_no_position_is_shown():
    batch = AcceptedBatch(accepted=(position(1, 1_000), status(1, 2_000, "asleep")))
    state = state_of(batch)
    assert (state.presence, state.position) == ("asleep", None)
    assert "position" not in state.newest
    back = AcceptedBatch(accepted=(status(2, 3_000, "online"),))
    assert state_of(batch, back).position is not None


def test_lost_until_something_newer_is_said():
    online = AcceptedBatch(accepted=(status(1, 1_000, "online", received_ms=10),))
    gone = AcceptedBatch(lost_contact=(lost(20),))
    back = AcceptedBatch(accepted=(status(2, 2_000, "online", received_ms=30),))
    backlog = AcceptedBatch(accepted=(status(0, 500, "online", received_ms=40),))
    assert state_of(online, gone).presence == "lost"
    assert state_of(online, gone).presence_ms == 20
    assert state_of(online, gone, backlog).presence == "lost"
    assert state_of(online, gone, back).presence == "online"


def test_who_announced_silence_is_not_lost_when_it_falls_silent():
    asleep = AcceptedBatch(accepted=(status(1, 1_000, "asleep", received_ms=10),))
    gone = AcceptedBatch(lost_contact=(lost(20),))
    state = state_of(AcceptedBatch(accepted=(position(1, 900),)), asleep, gone)
    assert (state.presence, state.presence_ms, state.position) == ("asleep", 1_000, None)
    assert state_of(gone, asleep).presence == "asleep"
    key_on = AcceptedBatch(accepted=(status(2, 2_000, "online", received_ms=30),))
    lost_again = AcceptedBatch(lost_contact=(lost(40),))
    assert state_of(asleep, gone, key_on).presence == "online"
    assert state_of(asleep, key_on, lost_again).presence == "lost"


def test_only_units_that_changed_are_named():
    live = LiveState()
    batch = AcceptedBatch(accepted=(position(1, 1_000),))
    assert live.apply(batch) == {BUS}
    assert live.apply(batch) == set()
    assert live.apply(AcceptedBatch(lost_contact=(lost(5),))) == {BUS}


def test_a_message_this_version_cannot_read_is_no_state_and_no_crash():
    alien = Accepted(
        kind="bus", unit="b1", stream="seismograph", received_ms=1, live=True, message=Raw(b"{}")
    )
    assert state_of(AcceptedBatch(accepted=(alien,))).newest == {}


words = st.lists(
    st.one_of(
        st.builds(
            lambda seq, at, received: AcceptedBatch(accepted=(position(seq, at, received),)),
            st.integers(1, 9),
            st.integers(1, 9),
            st.integers(1, 50),
        ),
        st.builds(
            lambda at, state: AcceptedBatch(accepted=(status(at, at, state, received_ms=at * 5),)),
            st.integers(1, 9),
            st.just("online"),
        ),
        st.builds(lambda at: AcceptedBatch(lost_contact=(lost(at),)), st.integers(1, 50)),
    ),
    max_size=12,
    unique_by=lambda batch: tuple(bytes(a.message) for a in batch.accepted) or batch.lost_contact,
)


@given(words, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_give_the_same_state(batches, chance):
    shuffled = batches + [chance.choice(batches) for _ in range(3) if batches]
    chance.shuffle(shuffled)
    straight, mixed = state_of(*batches), state_of(*shuffled)
    assert (straight.presence, straight.presence_ms) == (mixed.presence, mixed.presence_ms)
    assert straight.heard_ms == mixed.heard_ms
    newest = [s.position.observed_ms if s.position else None for s in (straight, mixed)]
    assert newest[0] == newest[1]


@given(words, st.integers(0, 12))
def test_a_snapshot_and_the_rest_of_the_feed_give_the_state_of_the_whole_feed(batches, cut):
    before = LiveState()
    for batch in batches[:cut]:
        before.apply(batch)
    known = before._known.get(BUS)
    resumed = LiveState()
    if known is not None:
        latest = [
            Latest("bus/b1", s, n.observed_ms, n.received_ms, codec.encode(n.message))
            for s, n in known.newest.items()
        ]
        resumed.merge(latest, [Contact("bus/b1", known.heard_ms or 0, known.lost_ms)])
    for batch in batches:
        resumed.apply(batch)
    whole = state_of(*batches)
    assert resumed.state(BUS).presence == whole.presence
    assert resumed.state(BUS).position == whole.position

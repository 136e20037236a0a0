"""What is owed to one client is bounded, in order and never forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.broker.mended.outgoing import Message, Outgoing
from backend.broker.model import QueueLimits

SMALL = QueueLimits(in_flight=3, waiting_messages=5, waiting_bytes=10_000)


def _message(number: int, size: int = 10) -> Message:
    return Message("a", str(number).encode().rjust(size), 1, retain=False)


@given(st.lists(st.sampled_from(["hold", "send", "acknowledge", "reconnect"]), max_size=200))
def test_everything_taken_in_comes_out_once_and_in_order_or_is_still_held(steps):
    outgoing = Outgoing(SMALL)
    taken: list[bytes] = []
    sent: list[bytes] = []
    open_ids: list[int] = []
    for number, step in enumerate(steps):
        if step == "hold" and outgoing.hold(_message(number)):
            taken.append(_message(number).payload)
        elif step == "send" and (following := outgoing.next_to_send()):
            open_ids.append(following[0])
            sent.append(following[1].payload)
        elif step == "acknowledge" and open_ids:
            assert outgoing.acknowledged(open_ids.pop(0))
        elif step == "reconnect":
            assert [packet_id for packet_id, _ in outgoing.unacknowledged()] == open_ids
        assert len(set(open_ids)) == len(open_ids) == outgoing.in_flight <= SMALL.in_flight
        assert outgoing.waiting <= SMALL.waiting_messages
    assert sent == taken[: len(sent)]
    assert len(taken) - len(sent) == outgoing.waiting


def test_memory_is_bounded_by_bytes_too_and_drops_are_counted():
    outgoing = Outgoing(SMALL)
    held = [outgoing.hold(_message(number, size=4_000)) for number in range(5)]
    assert held == [True, True, False, False, False]
    assert outgoing.dropped == 3
    assert outgoing.held_bytes <= SMALL.waiting_bytes
    packet_id, _ = outgoing.next_to_send() or (0, None)
    assert not outgoing.hold(_message(9, size=4_000)), "in flight counts"
    assert outgoing.acknowledged(packet_id)
    assert outgoing.hold(_message(9, size=4_000))


def test_an_unknown_acknowledgement_changes_nothing():
    outgoing = Outgoing(SMALL)
    assert not outgoing.acknowledged(7)
    assert outgoing.held_bytes == 0


def test_packet_ids_wrap_and_pass_over_those_in_flight():
    outgoing = Outgoing(SMALL)
    outgoing.hold(_message(0))
    first, _ = outgoing.next_to_send() or (0, None)
    for number in range(65_536):
        outgoing.hold(_message(number))
        packet_id, _ = outgoing.next_to_send() or (0, None)
        assert packet_id != first
        assert 1 <= packet_id <= 65_535
        outgoing.acknowledged(packet_id)

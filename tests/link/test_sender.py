"""What goes next, and how much may be under way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.downlink import StoredRanges
from contract.ranges import RangeSet
from contract.streams import BY_NAME, STREAMS
from edge.link.books import Book, BookState
from edge.link.identity import Identity
from edge.link.sender import (
    BACKLOG_MAX_BYTES,
    Traffic,
    admits,
    candidate,
    streams_in_order,
)
from edge.link.window import BacklogWindow

OLD = Identity(0, "0" * 16, "s", 1)
NEW = Identity(1, "1" * 16, "s", 2)
FREE = Traffic(0, 0, 8_000)


def book(name: str = "position", count: int = 0, identity: Identity = NEW) -> Book:
    return Book(identity, BY_NAME[name], BookState(), (1, count + 1))


def drain(books: list[Book], arrivals: dict[int, tuple[Book, int]] | None = None) -> list[tuple]:
    """Send everything, one at a time; `arrivals` appends rows before the n-th sending."""
    gone: dict[str, tuple[int, int]] = {}
    sent = []
    while True:
        if arrivals and len(sent) in arrivals:
            which, count = arrivals.pop(len(sent))
            which.appended(count)
        for chain in streams_in_order(books):
            name = chain[0].stream.name
            chosen = candidate(chain, gone.get(name, (0, 0)))
            if chosen:
                gone[name] = max(gone.get(name, (0, 0)), chosen.place)
                chosen.book.mark_sent(chosen.seq, 0.0)
                sent.append((name, chosen.place, chosen.newest))
                break
        else:
            return sent


@given(
    counts=st.dictionaries(st.sampled_from([s.name for s in STREAMS]), st.integers(0, 8)),
    older=st.integers(0, 5),
)
def test_lanes_strictly_then_the_newest_then_oldest_to_newest(
    counts: dict[str, int], older: int
) -> None:
    books = [book(name, count) for name, count in counts.items()] + [book("tap", older, OLD)]
    sent = drain(books)
    assert len(sent) == sum(counts.values()) + older
    lanes = [BY_NAME[name].lane for name, _, _ in sent]
    assert lanes == sorted(lanes)
    for name in counts:
        places = [place for stream, place, _ in sent if stream == name]
        if places:
            assert places[0] == max(places)
            assert places[1:] == sorted(places[1:])
            assert [newest for stream, _, newest in sent if stream == name] == [
                True,
                *[False] * (len(places) - 1),
            ]


def test_a_message_that_comes_while_the_backlog_drains_goes_next() -> None:
    position = book("position", 10)
    sent = drain([position], {4: (position, 1), 6: (position, 2)})
    assert [place[1] for _, place, _ in sent] == [10, 1, 2, 3, 11, 4, 13, 5, 6, 7, 8, 9, 12]


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(0, 45), st.data())
def test_what_is_pending_is_held_and_neither_confirmed_nor_sent(
    sent: list[int], contiguous: int, data: st.DataObject
) -> None:
    position = book("position", 40)
    for number in sent:
        position.mark_sent(number, 0.0)
    position.confirm(StoredRanges(contiguous=contiguous))
    waiting = data.draw(st.lists(st.integers(1, 40), max_size=3))
    for number in waiting:
        position.wait(number)
    expected = set(range(contiguous + 1, 41)) - set(sent) - set(waiting)
    assert set(position.pending) == expected
    position.wake()
    position.new_session()
    assert set(position.pending) == set(range(contiguous + 1, 41))


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(0, 300)), max_size=30),
    st.floats(0, 400),
)
def test_nothing_sent_later_than_the_limit_is_sent_again(
    sendings: list[tuple[int, float]], before_s: float
) -> None:
    position = book("position", 30)
    last: dict[int, float] = {}
    for number, at_s in sorted(sendings, key=lambda s: s[1]):
        if number not in last:
            position.mark_sent(number, at_s)
            last[number] = at_s
    lacking = position.lacks_since(before_s)
    assert all(last[number] < before_s for number in lacking)
    assert all(number in lacking for number, at_s in last.items() if at_s + 10 < before_s - 10)


def test_the_backlog_stays_under_eight_kilobytes_and_leaves_room_for_the_newest() -> None:
    chain = [book("position", 50)]
    newest = candidate(chain, (0, 0))
    backlog = candidate(chain, (2, 50))
    assert newest
    assert backlog
    assert not backlog.newest
    assert admits(backlog, 300, FREE)
    assert not admits(backlog, 300, Traffic(BACKLOG_MAX_BYTES - 299, 0, 1e9))
    assert not admits(backlog, 300, Traffic(1_200, 0, 1_400))
    assert not admits(backlog, 300, Traffic(0, 2_000, 8_000))
    assert admits(newest, 300, Traffic(1_200, 2_000, 1_400))
    assert not admits(newest, 300, Traffic(4_000, 0, 1_400))
    assert admits(newest, 9_000, Traffic(0, 0, 700))
    sos = candidate([book("alarm", 1)], (0, 0))
    assert sos
    assert admits(sos, 300, Traffic(10_000, 100_000, 700))


@dataclass
class SlowLink:
    """A queue in front of a wire: `bytes_per_s`, and `delay_s` there and back."""

    bytes_per_s: float
    delay_s: float
    free_at_s: float = 0.0
    queue: list[tuple[float, float, int]] = field(default_factory=list)

    def send(self, now_s: float, size: int) -> float:
        """Seconds until the packet has left the queue."""
        self.free_at_s = max(self.free_at_s, now_s) + size / self.bytes_per_s
        self.queue.append((self.free_at_s + self.delay_s, now_s, size))
        return self.free_at_s - now_s


@pytest.mark.parametrize(
    ("bytes_per_s", "delay_s", "least_share", "most_queue_s"),
    [
        (4_000, 0.6, 0.9, 0.5),
        (4_000, 0.1, 0.9, 0.5),
        (60_000, 0.1, 0.9, 0.5),
        (1_000, 0.6, 0.9, 0.8),
        (4_000, 2.0, 0.3, 0.8),
    ],
)
def test_the_window_fills_a_link_and_keeps_its_queue_short(
    bytes_per_s: float, delay_s: float, least_share: float, most_queue_s: float
) -> None:
    window = BacklogWindow()
    link = SlowLink(bytes_per_s, delay_s)
    now_s, in_flight, carried = 0.0, 0, 0
    waits: list[float] = []
    size = 330
    while now_s < 300:
        while in_flight + size <= window.size_bytes or in_flight == 0:
            wait_s = link.send(now_s, size)
            if now_s > 20:
                waits.append(wait_s)
            in_flight += size
        now_s, sent_s, acked = link.queue.pop(0)
        in_flight -= acked
        carried += acked
        window.acknowledged(now_s - sent_s, acked, now_s)
    assert carried / 300 > least_share * bytes_per_s
    assert sorted(waits)[int(len(waits) * 0.99)] < most_queue_s


def test_books_know_what_nobody_has() -> None:
    position = Book(NEW, BY_NAME["position"], BookState(next=30), (11, 21))
    position.confirm(StoredRanges(contiguous=3, above=((6, 8),)))
    assert position.forgotten() == RangeSet([(4, 6), (8, 11), (21, 30)])
    position.unreported = ((8, 11, "dropped"),)
    assert position.forgotten() == RangeSet([(4, 6), (21, 30)])
    assert position.contiguous == 3
    assert position.first == 11

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.debounce import Debouncer
from edge.drivers.lines import Edge

MS = 1_000_000

gaps = st.lists(st.integers(0, 40), max_size=40)


def edges_of(gaps_ms: list[int], line: str = "a") -> list[Edge]:
    at_ms, edges = 0, []
    for number, gap in enumerate(gaps_ms):
        at_ms += gap
        edges.append(Edge(line, number % 2 == 0, at_ms * MS))
    return edges


@given(gaps)
def test_what_counts_is_what_stood_long_enough_and_nothing_else(gaps_ms: list[int]):
    debouncer = Debouncer({"a": 20 * MS}, {"a": False})
    raw = edges_of(gaps_ms)
    counted = [edge for one in raw for edge in debouncer.take(one)]
    counted += debouncer.pass_to(10**12)
    expected, state = [], False
    for number, edge in enumerate(raw):
        stands_ns = (raw[number + 1].at_ns if number + 1 < len(raw) else 10**13) - edge.at_ns
        if stands_ns >= 20 * MS and edge.active != state:
            state = edge.active
            expected.append(Edge("a", state, edge.at_ns + 20 * MS))
    assert counted == expected
    assert debouncer.due_ns() is None


@given(gaps, gaps)
def test_lines_with_different_times_still_come_in_order(first: list[int], second: list[int]):
    raw = sorted(edges_of(first, "a") + edges_of(second, "b"), key=lambda edge: edge.at_ns)
    debouncer = Debouncer({"a": 30 * MS}, {"a": False, "b": False})
    counted = [edge for one in raw for edge in debouncer.take(one)] + debouncer.pass_to(10**12)
    assert [edge.at_ns for edge in counted] == sorted(edge.at_ns for edge in counted)
    for line in "ab":
        states = [edge.active for edge in counted if edge.line == line]
        assert states == [number % 2 == 0 for number in range(len(states))]


def test_a_line_without_debounce_time_is_told_at_once():
    debouncer = Debouncer({}, {"a": False})
    assert debouncer.take(Edge("a", active=True, at_ns=5)) == [Edge("a", active=True, at_ns=5)]
    assert debouncer.take(Edge("a", active=True, at_ns=6)) == []

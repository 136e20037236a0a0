from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.beam_pair import BeamFault, BeamPair, Passage, UnclearPassage
from edge.drivers.beam_pair_fake import Walk, edges_of
from edge.drivers.lines import Edge

S = 1_000_000_000


def told(edges: list[Edge], pair: BeamPair | None = None) -> list[object]:
    pair = pair or BeamPair("outer", "inner")
    return [event for edge in edges for event in pair.take(edge)]


def directions(edges: list[Edge]) -> list[str]:
    return [event.direction for event in told(edges) if isinstance(event, Passage)]


def states(*levels: str, gap_s: float = 0.1) -> list[Edge]:
    """Edges of (outer, inner) running through `levels`, beginning with both clear."""
    edges = [Edge("outer", active=False, at_ns=0), Edge("inner", active=False, at_ns=0)]
    before = "00"
    for number, level in enumerate(levels, 1):
        for line, old, new in zip(("outer", "inner"), before, level, strict=True):
            if old != new:
                edges.append(Edge(line, active=new == "1", at_ns=int(number * gap_s * S)))
        before = level
    return edges


@pytest.mark.parametrize(
    ("levels", "counted"),
    [
        (["10", "11", "01", "00"], ["in"]),
        (["01", "11", "10", "00"], ["out"]),
        (["10", "00"], []),  # a hand
        (["10", "11", "10", "00"], []),  # half way and back
        (["10", "11", "01", "11", "10", "00"], []),  # nearly through and back
        (["10", "11", "10", "11", "01", "11", "01", "00"], ["in"]),  # hesitates
        (["10", "11", "01", "00", "01", "11", "10", "00"], ["in", "out"]),
    ],
)
def test_a_whole_turn_counts_and_nothing_else(levels: list[str], counted: list[str]):
    assert directions(states(*levels)) == counted


walks = st.lists(
    st.tuples(
        st.sampled_from(["in", "out"]),
        st.floats(0.3, 2.0),
        st.floats(0.12, 0.5),
        st.none() | st.floats(0.01, 0.3),
    ),
    max_size=12,
)


@given(walks)
def test_each_lone_body_counts_once_in_its_direction(bodies: list[tuple]):
    made = [
        Walk(10.0 * number, direction, speed, depth, turns)
        for number, (direction, speed, depth, turns) in enumerate(bodies)
    ]
    assert directions(edges_of(made)) == [w.direction for w in made if w.turns_back_m is None]


@given(walks, st.floats(0.02, 3.0))
def test_bodies_that_overlap_never_count_for_more_than_they_are(bodies: list[tuple], gap_s: float):
    made = [
        Walk(gap_s * number, direction, speed, depth, turns)
        for number, (direction, speed, depth, turns) in enumerate(bodies)
    ]
    events = told(edges_of(made))
    assert sum(isinstance(event, Passage) for event in events) <= len(made)


@given(st.lists(st.tuples(st.sampled_from(["outer", "inner", "other"]), st.booleans())))
def test_repeated_and_foreign_edges_change_nothing(raw: list[tuple[str, bool]]):
    edges = [Edge(line, active, n * S // 10) for n, (line, active) in enumerate(raw)]
    doubled = [twice for edge in edges for twice in (edge, edge)]
    assert told(doubled) == told([edge for edge in edges if edge.line != "other"])


def test_two_who_follow_closer_than_the_beams_are_one():
    assert directions(edges_of([Walk(0.0), Walk(0.3)])) == ["in"]
    assert directions(edges_of([Walk(0.0), Walk(0.7)])) == ["in", "in"]


def test_a_passage_that_takes_too_long_is_one_or_none():
    events = told(states("10", "11", "01", "00", gap_s=3.0))
    assert [event for event in events if not isinstance(event, BeamFault)] == [
        UnclearPassage(12 * S)
    ]


def test_a_blocked_beam_is_said_once_and_once_more_when_it_is_clear():
    pair = BeamPair("outer", "inner")
    told(states("10"), pair)
    assert pair.pass_to(9 * S) == []
    [raised] = pair.pass_to(11 * S)
    assert isinstance(raised, BeamFault)
    assert (raised.kind, raised.is_over) == ("blocked", False)
    assert "outer" in raised.sentence
    assert pair.pass_to(60 * S) == []
    [healed] = pair.take(Edge("outer", active=False, at_ns=61 * S))
    assert isinstance(healed, BeamFault)
    assert (healed.kind, healed.is_over) == ("blocked", True)
    assert directions(states("10", "11", "01", "00")) == ["in"]


def test_beams_that_never_saw_their_light_are_a_fault_of_the_wiring():
    pair = BeamPair("outer", "inner")
    told([Edge("outer", active=True, at_ns=0), Edge("inner", active=True, at_ns=0)], pair)
    [fault] = pair.pass_to(11 * S)
    assert isinstance(fault, BeamFault)
    assert fault.kind == "never_clear"
    assert "outer and inner" in fault.sentence
    assert pair.take(Edge("outer", active=False, at_ns=12 * S)) == []
    [healed] = pair.take(Edge("inner", active=False, at_ns=13 * S))
    assert isinstance(healed, BeamFault)
    assert healed.is_over


def test_a_beam_that_is_never_interrupted_beside_a_busy_one_is_a_fault():
    pair = BeamPair("outer", "inner")
    events = told(states(*["10", "00"] * 20), pair)
    assert [event.kind for event in events if isinstance(event, BeamFault)] == ["one_sided"]
    events = told([edge._replace(at_ns=edge.at_ns + 60 * S) for edge in states("01", "00")], pair)
    assert [event.is_over for event in events if isinstance(event, BeamFault)] == [True]

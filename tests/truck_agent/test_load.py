"""Counts with their doubt: never negative, never silently over the seats, re-zeroed aloud."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.link.envelope import check_body
from edge.truck_agent.load import Capacity, Load


def load(**fields: object) -> Load:
    return Load(Capacity(seats=4, wheelchair_places=1), 0.05, **fields)


def test_cards_tell_of_those_whom_the_beams_missed_and_of_the_doubt():
    aboard = load()
    for _ in range(3):
        aboard.tap("in")
    aboard.passage("in")
    report = aboard.report("mende-gare")
    assert (report["entered"], report["taps"]) == (1, 3), "each as it was told"
    assert (report["persons"], report["error_persons"]) == (3, 3)
    assert aboard.report(None)["entered"] == 0


def test_who_leaves_uncounted_was_aboard_uncounted():
    aboard = load()
    aboard.passage("out")
    report = aboard.report("x")
    assert (report["persons"], report["left"], report["error_persons"]) == (0, 1, 2)


def test_more_than_the_seats_is_said():
    aboard = load()
    for _ in range(5):
        aboard.passage("in")
    assert aboard.report("x")["over_capacity"] is True
    assert "over_capacity" not in load().report("x")


def test_emptying_says_what_it_took_away_and_takes_the_doubt_with_it():
    aboard = load(persons=3, error_persons=2)
    report = aboard.empty()
    assert report["rezeroed"] is True
    assert (report["drift_persons"], report["persons"], report["error_persons"]) == (3, 0, 0)


def test_a_ramp_is_for_somebody_and_until_the_driver_says_for_whom_nobody_knows():
    aboard = load()
    assert aboard.report("x")["wheelchairs"] == 0
    aboard.ramp_out()
    assert "wheelchairs" not in aboard.report("x")
    aboard.ramp_out()
    aboard.ramp_answered(1)
    assert aboard.report("x")["wheelchairs"] == 1
    aboard.ramp_out()
    aboard.ramp_answered(-1)
    assert aboard.report("x")["wheelchairs"] == 0


events = st.lists(
    st.sampled_from(["in", "out", "unclear", "tap in", "tap out", "ramp", "report", "empty"]),
    max_size=200,
)


@given(events)
def test_a_report_always_passes_the_contract_and_what_is_missed_is_within_the_doubt(happened):
    """With beams that miss nothing, the truth lies within the bound."""
    aboard, truth = load(), 0
    for event in happened:
        if event in {"in", "out"}:
            if event == "out" and truth == 0:
                continue
            truth += 1 if event == "in" else -1
            aboard.passage(event)
        elif event == "unclear":
            aboard.unclear()
        elif event == "ramp":
            aboard.ramp_out()
        elif event.startswith("tap") and aboard.taps < aboard.entered:
            aboard.tap(event.removeprefix("tap "))
        elif event == "report":
            report = aboard.report("x")
            check_body("occupancy", report)
            assert abs(report["persons"] - truth) <= report["error_persons"]
        elif event == "empty" and truth == 0:
            check_body("occupancy", aboard.empty())
        assert aboard.persons >= 0

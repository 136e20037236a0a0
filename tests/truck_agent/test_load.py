"""Counts with their doubt: never negative, never silently over the seats, re-zeroed aloud."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.clock import Clock, ManualClock
from edge.link.envelope import check_body
from edge.truck_agent.load import Capacity, Load, open_headcount

CAPACITY = Capacity(seats=4, wheelchair_places=1)


class Ticking(ManualClock):
    """Each look is a millisecond later: no two bodies pass at one moment."""

    def boot_ms(self) -> int:
        self._boot_ms += 1
        return int(self._boot_ms)


def load(folder: Path, clock: Clock | None = None, machine: str = "boot-1") -> Load:
    clock = clock or Ticking()
    return Load(open_headcount(CAPACITY, 0.15, folder / "count", machine, clock), CAPACITY)


def emptied(folder: Path) -> Load:
    aboard = load(folder)
    aboard.empty("by_hand")
    return aboard


def test_cards_tell_of_those_whom_the_beams_missed(tmp_path: Path):
    aboard = emptied(tmp_path)
    for _ in range(3):
        aboard.tap("in")
    aboard.passage("in", "front")
    report = aboard.report("mende-gare")
    assert (report["entered"], report["taps"]) == (1, 3), "each as it was told"
    assert report["persons"] == 3
    assert aboard.report(None)["entered"] == 0


def test_more_than_the_seats_is_said(tmp_path: Path):
    aboard = emptied(tmp_path)
    assert "over_capacity" not in aboard.report("x")
    for _ in range(9):
        aboard.passage("in", "front")
    assert aboard.report("x")["over_capacity"] is True


def test_until_it_was_seen_to_be_empty_anybody_may_be_aboard_and_the_zero_says_its_drift(
    tmp_path: Path,
):
    aboard = load(tmp_path)
    assert aboard.error_persons >= 4
    aboard.passage("in", "front")
    report = aboard.empty("depot")
    assert report["rezeroed"] is True
    assert report["persons"] == 0
    assert report["error_persons"] <= 3
    assert report["drift_persons"] == 1


def test_a_restart_keeps_the_count_and_a_power_cut_doubts_it(tmp_path: Path):
    aboard = emptied(tmp_path)
    for _ in range(3):
        aboard.passage("in", "front")
    aboard.keep(at_once=True)
    doubt = aboard.error_persons
    again = load(tmp_path)
    assert again.persons == 3
    assert again.error_persons >= doubt
    assert load(tmp_path, machine="boot-2").error_persons >= 3


def test_a_ramp_is_for_somebody_and_until_the_driver_says_for_whom_nobody_knows(tmp_path: Path):
    aboard = emptied(tmp_path)
    assert aboard.report("x")["wheelchairs"] == 0
    aboard.ramp_out()
    assert "wheelchairs" not in aboard.report("x")
    assert not aboard.changed, "it is reported once"
    aboard.ramp_out()
    aboard.ramp_answered(1)
    assert "wheelchairs" not in aboard.report("x"), "one of two is answered"
    aboard.ramp_answered(1)
    assert aboard.report("x")["wheelchairs"] == 2
    aboard.ramp_out()
    aboard.ramp_answered(-1)
    assert aboard.report("x")["wheelchairs"] == 1
    assert aboard.empty("by_hand")["wheelchairs"] == 0


def test_what_was_not_answered_before_a_restart_stays_unknown_until_it_is_empty(tmp_path: Path):
    aboard = Load(emptied(tmp_path)._headcount, CAPACITY, wheelchairs=None)
    aboard.ramp_out()
    aboard.ramp_answered(1)
    assert "wheelchairs" not in aboard.report("x")
    assert aboard.empty("depot")["wheelchairs"] == 0


events = st.lists(
    st.sampled_from(["in", "out", "unclear", "tap in", "tap out", "ramp", "report", "empty"]),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(events)
def test_a_report_passes_the_contract_and_the_truth_lies_within_its_bound(happened):
    """Beams that miss nothing, cards that never outnumber them."""
    with TemporaryDirectory() as folder:
        aboard, truth = emptied(Path(folder)), 0
        for event in happened:
            if event in {"in", "out"}:
                if event == "out" and truth == 0:
                    continue
                truth += 1 if event == "in" else -1
                aboard.passage(event, "front")
            elif event == "unclear":
                aboard.unclear("front")
            elif event == "ramp":
                aboard.ramp_out()
            elif event.startswith("tap") and aboard.taps < aboard.entered:
                aboard.tap(event.removeprefix("tap "))
            elif event == "report":
                report = aboard.report("x")
                check_body("occupancy", report)
                assert abs(report["persons"] - truth) <= report["error_persons"]
            elif event == "empty" and truth == 0:
                check_body("occupancy", aboard.empty("by_hand"))
            assert aboard.persons >= 0

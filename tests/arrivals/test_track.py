"""Places on a track, told in metres."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.arrivals.track import Track

_EAST = Track([(44.5, 3.5), (44.5, 3.6), (44.5, 3.7)])
_DEGREE_M = 79_309.0


def test_a_point_beside_the_track_is_measured_along_and_off():
    seen = _EAST.project(44.501, 3.55)
    assert seen.along_m == pytest.approx(0.05 * _DEGREE_M, rel=1e-3)
    assert seen.off_m == pytest.approx(111.2, rel=1e-2)
    assert seen.heading_deg == pytest.approx(90.0)


def test_a_point_before_the_start_is_at_the_start():
    assert _EAST.project(44.5, 3.4).along_m == 0.0


def test_a_track_that_comes_back_is_told_by_what_is_expected():
    there_and_back = Track([(44.5, 3.5), (44.5, 3.7), (44.5, 3.5)])
    out = there_and_back.project(44.5, 3.6, near_m=5_000.0)
    back = there_and_back.project(44.5, 3.6, near_m=25_000.0)
    assert out.along_m < there_and_back.length_m / 2 < back.along_m


def test_a_projection_can_be_asked_for_beyond_a_distance():
    there_and_back = Track([(44.5, 3.5), (44.5, 3.7), (44.5, 3.5)])
    beyond = there_and_back.project(44.5, 3.6, from_m=there_and_back.length_m / 2)
    assert beyond.along_m > there_and_back.length_m / 2


def test_a_track_of_one_point_is_survived():
    assert Track([(44.5, 3.5)]).project(44.5, 3.6).along_m == 0.0


@given(st.floats(0.0, 1.0))
def test_a_place_on_the_track_is_found_where_it_is(share: float):
    along_m = share * _EAST.length_m
    assert _EAST.project(*_EAST.at(along_m)).along_m == pytest.approx(along_m, abs=0.5)

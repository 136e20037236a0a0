"""A board's clock is believed while nothing better is known, and only where it can be right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from contract.clock import ManualClock
from edge.link.link_fake import FakeLink
from edge.link.rtc import Rtc, follow_rtc, rtc_ms

EARLIEST_MS = 1_767_225_600_000
NOW_S = 1_795_680_720


def board(tmp_path: Path, text: str) -> Rtc:
    path = tmp_path / "since_epoch"
    path.write_text(text)
    return Rtc(path, EARLIEST_MS)


@pytest.mark.parametrize("text", ["", "0\n", "soon\n", "1700000000\n"])
def test_a_clock_with_an_empty_cell_tells_nothing(tmp_path: Path, text: str):
    assert rtc_ms(board(tmp_path, text)) is None


def test_a_board_without_such_a_clock_tells_nothing(tmp_path: Path):
    assert rtc_ms(Rtc(tmp_path / "absent", EARLIEST_MS)) is None


async def test_it_anchors_once_and_is_asked_again_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    rtc, link, clock = board(tmp_path, "0\n"), FakeLink(), ManualClock()
    following = asyncio.create_task(follow_rtc(link, clock, rtc))
    await clock.advance(180)
    assert link.anchors == []
    assert caplog.text.count("rtc_useless") == 1
    rtc.since_epoch.write_text(f"{NOW_S}\n")
    await clock.advance(180)
    [(source, utc_ms, _)] = link.anchors
    assert (source, utc_ms) == ("rtc", NOW_S * 1_000)
    following.cancel()


async def test_it_is_not_asked_where_the_time_is_known(tmp_path: Path):
    link, clock = FakeLink(), ManualClock()
    link.anchor("gnss", NOW_S * 1_000, 1)
    following = asyncio.create_task(follow_rtc(link, clock, board(tmp_path, f"{NOW_S}\n")))
    await clock.advance(120)
    assert len(link.anchors) == 1
    following.cancel()

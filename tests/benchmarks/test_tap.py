"""The bench of the tap measures the door itself, and its parts add up."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks.tap.measuring import Split, taps
from benchmarks.tap.proofs import bytes_of_a_tap


async def test_the_parts_of_a_tap_add_up_to_the_whole(tmp_path: Path):
    for split in await taps(tmp_path, 3, 200):
        parts = [getattr(split, part.name) for part in fields(Split) if part.name != "whole"]
        assert min(parts) >= 0
        assert sum(parts) == pytest.approx(split.whole, abs=1e-3)


async def test_a_tap_takes_as_few_bytes_as_its_four_exchanges_need(tmp_path: Path):
    # The listing, then four times two frames and an ACK.
    assert await bytes_of_a_tap(tmp_path) == 280

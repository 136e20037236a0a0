"""The clocks: real, simulated, manual."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import ManualClock, SimulatedClock, SystemClock, clock_from_text


async def test_sleepers_of_a_manual_clock_wake_in_order_at_their_moment() -> None:
    clock = ManualClock(now_ms=1_000_000, boot_ms=5_000)
    woken: list[tuple[str, int, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now_ms(), clock.boot_ms()))

    tasks = [asyncio.create_task(sleeper(n, s)) for n, s in (("c", 3), ("a", 1), ("b", 2))]
    await clock.advance(2.5)
    assert woken == [("a", 1_001_000, 6_000), ("b", 1_002_000, 7_000)]
    await clock.advance(0.5)
    assert woken[-1] == ("c", 1_003_000, 8_000)
    assert all(task.done() for task in tasks)


async def test_a_sleeper_that_sleeps_again_is_woken_again_within_one_advance() -> None:
    clock = ManualClock()
    turns: list[float] = []

    async def beat() -> None:
        while True:
            turns.append(clock.monotonic_s())
            await clock.sleep(1)

    task = asyncio.create_task(beat())
    await clock.advance(5)
    assert len(turns) == 6
    task.cancel()
    await clock.advance(5)
    assert len(turns) == 6


def test_the_wall_clock_may_step_while_no_time_passes() -> None:
    clock = ManualClock(now_ms=1_000_000)
    before = clock.monotonic_s(), clock.boot_ms()
    clock.step_wall_ms(-900_000)
    assert clock.now_ms() == 100_000
    assert (clock.monotonic_s(), clock.boot_ms()) == before


@given(rate=st.floats(0.1, 100), start=st.integers(0, 10**12))
def test_simulated_time_runs_at_its_rate_and_never_passes_the_present(
    rate: float, start: int
) -> None:
    real_ms = time.time_ns() // 1_000_000  # noqa: TID251 - the yardstick
    clock = SimulatedClock(real_ms - 1_000, start, rate)
    expected = min(start + 1_000 * rate, real_ms)
    assert expected - 1 <= clock.now_ms() <= max(expected + 60_000 * rate, expected)
    assert clock.now_ms() <= time.time_ns() // 1_000_000 + 1  # noqa: TID251
    again = clock_from_text(clock.encoded())
    assert again == clock


async def test_a_simulated_sleep_is_as_much_shorter() -> None:
    clock = SimulatedClock(0, 0, 1_000_000.0)
    async with asyncio.timeout(5):
        await clock.sleep(3_600)


@pytest.mark.parametrize("text", ["1,2", "a,b,c", "1,2,0", "1,2,-3", "1,2,nan"])
def test_a_text_that_is_no_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="clock"):
        clock_from_text(text)


def test_no_text_is_real_time() -> None:
    assert isinstance(clock_from_text(None), SystemClock)
    assert isinstance(clock_from_text(""), SystemClock)
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 5_000  # noqa: TID251
    assert clock.boot_ms() > 0
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first

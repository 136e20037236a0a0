"""Taps one after the other, and their figures."""

from __future__ import annotations

import asyncio
import random
import secrets
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failure import BenchFailed
from benchmarks.tap.cards import HeldCard, held_cards, keep, snapshot_of
from benchmarks.tap.door import RELAY_LINE, Stopwatch, running_door
from benchmarks.tap.proofs import paced_reader
from contract.clock import SystemClock
from edge.drivers.gpio_fake import Change, FakeChip
from simulator.devices.apart import DeviceApart

_TAP_WITHIN_S = 10.0
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Split:
    """Milliseconds of one tap; the parts add up to `whole`."""

    whole: float
    link: float
    """Bytes on the wire, the reader, and our driver."""
    crypto: float
    decision: float
    journal: float
    """Written and synced before anything opens."""
    relay: float


async def taps(directory: Path, count: int, rights: int) -> list[Split]:
    """`count` taps of several cards at a door that holds `rights` rights. Raises BenchFailed."""
    cards = held_cards(8)
    key = secrets.token_bytes(32)
    keep(snapshot_of(cards, rights, _CLOCK.now_ms()), directory, key)
    arguments = [card.argument(directory) for card in cards]
    chance = random.Random(1)  # noqa: S311 - pauses between taps
    with paced_reader(arguments) as device, FakeChip(directory / "chip") as chip:
        async with running_door(directory, device.ready, key, chip) as (watch, station):
            table = station.store.table
            if table.card(table.tag_of(cards[0].uid)) is None:
                raise BenchFailed("the door does not know the cards: its rights were not taken")
            return [
                await _one(device, chip, watch, cards[number % len(cards)], chance)
                for number in range(count)
            ]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return statistics.quantiles(values, n=1_000, method="inclusive")[round(share * 1_000) - 1]


async def _one(
    device: DeviceApart, chip: FakeChip, watch: Stopwatch, card: HeldCard, chance: random.Random
) -> Split:
    await asyncio.wait_for(watch.listening.wait(), _TAP_WITHIN_S)
    # Past the reader's own preparation, at any moment of its waiting.
    await _CLOCK.sleep(chance.uniform(0.03, 0.08))
    watch.done.clear()
    seen = len(chip.history(RELAY_LINE))
    order = await asyncio.to_thread(device.order, f"card in {card.name}")
    try:
        await asyncio.wait_for(watch.done.wait(), _TAP_WITHIN_S)
        if watch.tap.outcome is None or not watch.tap.outcome.opens:
            raise BenchFailed(f"a card with a right was refused: {watch.tap.outcome}")
        opened = await _change(chip, seen, 1)
        await _change(chip, seen, 0)
    except TimeoutError as error:
        raise BenchFailed(f"a tap did not open within {_TAP_WITHIN_S:.0f} s") from error
    await asyncio.to_thread(device.order, "card out")
    return _split(watch, float(order), opened)


async def _change(chip: FakeChip, seen: int, level: int) -> Change:
    """The first change of the relay to `level` behind the first `seen` changes."""
    async with asyncio.timeout(_TAP_WITHIN_S):
        while True:
            for change in chip.history(RELAY_LINE)[seen:]:
                if change.level == level:
                    return change
            await _CLOCK.sleep(0.002)


def _split(watch: Stopwatch, in_field_s: float, opened: Change) -> Split:
    tap = watch.tap
    assert tap.outcome is not None  # noqa: S101 - it has opened
    timing = tap.outcome.timing
    opened_s = opened.at_ns / 1e9
    began_s = tap.ended_s - timing.written_s
    parts = {
        "whole": opened_s - in_field_s,
        "link": began_s - in_field_s + tap.on_the_wire_s,
        "crypto": tap.proving_s - tap.on_the_wire_s,
        "decision": timing.decided_s - tap.proving_s,
        "journal": timing.written_s - timing.decided_s,
        "relay": opened_s - tap.ended_s,
    }
    return Split(**{name: seconds * 1_000 for name, seconds in parts.items()})

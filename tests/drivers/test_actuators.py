"""Contacts, relays and signals on the chip made of a socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.clock import ManualClock
from edge.drivers.contact import Contact
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import OutputLine
from edge.drivers.lines import Edge
from edge.drivers.relay import Relay
from edge.drivers.signals import PATTERNS, Signals

S = 1_000_000_000
LINES = {"strike": OutputLine(1), "green": OutputLine(2), "buzzer": OutputLine(3)}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def chip(tmp_path: Path, clock: ManualClock) -> FakeChip:
    return FakeChip(tmp_path / "chip", clock=clock)


def spans(chip: FakeChip, offset: int) -> list[tuple[float, float]]:
    """(from, to) in seconds of each time that a line was on."""
    changes = [(change.at_ns / S - 1_000, change.level) for change in chip.history(offset)]
    return [
        (round(at_s, 2), round(changes[n + 1][0], 2))
        for n, (at_s, level) in enumerate(changes)
        if level
    ]


async def test_a_pulse_ends_and_a_second_one_only_moves_its_end(chip: FakeChip, clock: ManualClock):
    with chip:
        relay = Relay(GpioOutputs(chip.name, LINES), "strike", clock)
        relay.pulse(3)
        await clock.advance(2)
        relay.pulse(3)
        await clock.advance(5)
        relay.pulse(600)
        await clock.advance(60)
        assert spans(chip, 1) == [(0, 5), (7, 17)]


async def test_letting_go_is_tried_until_the_chip_takes_it(
    chip: FakeChip, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    chip.plug()
    relay = Relay(GpioOutputs(chip.name, LINES), "strike", clock)
    relay.pulse(3)
    await clock.advance(1)
    chip.unplug()
    await clock.advance(5)
    assert chip.level(1) == 1, "a chip that is away keeps its level"
    chip.plug()
    await clock.advance(1)
    assert chip.level(1) == 0
    chip.unplug()
    with pytest.raises(LineFault):
        relay.pulse(3)
    said = [record.getMessage().split(" ")[0] for record in caplog.records]
    assert said == ["relay=down", "relay=up"]


async def test_a_pattern_is_played_and_a_new_one_ends_it(chip: FakeChip, clock: ManualClock):
    with chip:
        outputs = GpioOutputs(chip.name, LINES)
        signals = Signals(outputs, frozenset({"green", "buzzer"}), clock)
        signals.play("granted")
        await clock.advance(3)
        assert spans(chip, 3) == [(0, 0.08), (0.14, 0.22)]
        assert spans(chip, 2) == [(0, 2.22)]
        signals.play("refused")
        await clock.advance(0.1)
        signals.play("granted")
        await clock.advance(10)
        assert spans(chip, 3)[2:] == [(3, 3.18), (3.24, 3.32)]
        signals.play("refused")
        await clock.advance(0.1)
        signals.stop()
        assert (chip.level(2), chip.level(3)) == (0, 0)


def test_every_pattern_can_be_told_apart_without_colour_and_without_sound():
    for channel in (lambda lines: "buzzer" in lines, lambda lines: bool(lines & {"green", "red"})):
        rhythms = {
            name: [(step.seconds, channel(step.lines)) for step in pattern]
            for name, pattern in PATTERNS.items()
        }
        names = list(rhythms)
        assert all(rhythms[a] != rhythms[b] for a in names for b in names if a != b)


def test_a_contact_tells_changes_once_and_chatter_as_a_fault():
    contact = Contact("door")
    assert contact.closed is None
    assert contact.take(Edge("door", active=True, at_ns=0))
    assert not contact.take(Edge("door", active=True, at_ns=1))
    assert not contact.take(Edge("other", active=False, at_ns=2))
    assert contact.closed is True
    for number in range(1, 21):
        contact.take(Edge("door", active=number % 2 == 0, at_ns=number * S // 10))
    assert contact.flutters
    contact.take(Edge("door", active=False, at_ns=60 * S))
    assert not contact.flutters

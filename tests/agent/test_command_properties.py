"""Whatever is replayed or lost: a command runs once, in its time, and never blindly opens."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.agent.commands import CommandResult
from tests.agent.test_commands import Desk

MOVES = st.one_of(
    st.tuples(st.just("new"), st.sampled_from(("doctor", "open")), st.integers(0, 40)),
    st.tuples(st.just("replay"), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
    st.tuples(st.sampled_from(("restart", "lose clock", "find clock", "power cut"))),
)


class Watched(Desk):
    """Notes when each command ran, by the true time, and whether the device had a clock."""

    def __init__(self, directory: Path) -> None:
        self.runs: list[tuple[str, int, int, bool]] = []
        super().__init__(directory)

    def restart(self) -> None:
        super().restart()
        for name in ("doctor", "open"):
            self.commands.on(name, self._noting(name), clockless=name == "doctor")

    def _noting(self, name: str):
        async def run(arguments: dict) -> CommandResult:
            known = self.link.trusted_now_ms() is not None
            self.runs.append((name, arguments["number"], self.clock.now_ms(), known))
            return CommandResult("done")

        return run

    def tick(self) -> None:
        """A trusted clock goes on; a lost one says nothing."""
        if self.link.anchors:
            self.link.anchor("ntp", self.clock.now_ms(), self.clock.boot_ms())


@given(st.lists(MOVES, max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_a_command_runs_at_most_once_never_late_and_never_opens_without_a_clock(moves):
    with tempfile.TemporaryDirectory() as directory:
        desk = Watched(Path(directory))
        payloads: list[bytes] = []
        ends: list[int] = []
        for move in moves:
            match move:
                case ("new", str(name), int(life_s)):
                    ends.append(desk.clock.now_ms() + life_s * 1_000)
                    payloads.append(desk.command(name, life_s * 1_000, number=len(ends) - 1))
                    await desk.tell(payloads[-1])
                case ("replay", int(which)) if payloads:
                    await desk.tell(payloads[which % len(payloads)])
                case ("wait", int(seconds)):
                    await desk.clock.advance(seconds)
                    desk.tick()
                case ("restart",):
                    desk.restart()
                case ("power cut",) if payloads:
                    # Heard and written down, and gone before it ran.
                    desk.link.tell("command", payloads[-1])
                    desk.restart()
                case ("lose clock",):
                    desk.link.anchors.clear()
                case ("find clock",):
                    desk.link.anchor("ntp", desk.clock.now_ms(), desk.clock.boot_ms())
        numbers = [number for _, number, _, _ in desk.runs]
        assert len(numbers) == len(set(numbers))
        for name, number, at_ms, known in desk.runs:
            assert not known or at_ms < ends[number]
            assert known or name != "open"

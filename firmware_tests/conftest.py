"""The option --rig, the wires of a rig or what stands in, and the account of what was skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.drivers.gpio import GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import InputLine, OutputLine
from firmware_tests.pcsc_bench import emulated_socket
from firmware_tests.rig import LinePair, Rig, read_rig, section
from simulator.devices.beam_pair import INNER, OUTER, Beam

DEFAULT_RIG = Path(__file__).with_name("rig.toml")
RIG = pytest.StashKey[Rig | None]()
DEBOUNCE_MS = 5.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rig",
        nargs="?",
        const=str(DEFAULT_RIG),
        metavar="FILE",
        help="use the real devices of this file (see firmware_tests/WIRING.md)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """A rig file with a mistake ends the run before it begins."""
    path = config.getoption("--rig")
    config.stash[RIG] = rig = None if path is None else read_rig(Path(path))
    if rig is None or rig.pcsc is None:
        emulated_socket()


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Rig | None:
    return request.config.stash[RIG]


@pytest.fixture(params=["chip of a socket", "rig"])
def line_pair(
    request: pytest.FixtureRequest, rig: Rig | None, tmp_path: Path
) -> Iterator[LinePair]:
    if request.param == "rig":
        wired = section(rig, "lines")
        outputs = GpioOutputs(
            wired.chip, {OUTER: OutputLine(wired.output_a), INNER: OutputLine(wired.output_b)}
        )
        outputs.open()
        inputs = _inputs(wired.input_a, wired.input_b)
        yield LinePair(wired.chip, inputs, lambda beam, on: outputs.set(beam, active=on))
        outputs.close()
        return
    offsets = {OUTER: 21, INNER: 12}
    with FakeChip(tmp_path / "chip") as chip:

        def switch(beam: Beam, interrupted: bool) -> None:
            chip.drive(offsets[beam], int(interrupted))

        yield LinePair(chip.name, _inputs(21, 12), switch)


def _inputs(outer: int, inner: int) -> dict[str, InputLine]:
    return {
        OUTER: InputLine(outer, debounce_ms=DEBOUNCE_MS),
        INNER: InputLine(inner, debounce_ms=DEBOUNCE_MS),
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests were skipped, by cause."""
    causes = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and "firmware_tests" in report.nodeid
    )
    if not causes:
        return
    terminalreporter.write_sep("-", "skipped because")
    for cause, number in causes.most_common():
        terminalreporter.write_line(f"{number:4} {cause}")

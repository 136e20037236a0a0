"""The buzzer of the cab: half a second on, half a second off, while it is wanted."""

from __future__ import annotations

import logging

from edge.drivers.errors import LineFault
from edge.drivers.lines import OutputLines
from edge.drivers.waiting import Trouble

HALF_S = 0.5

_log = logging.getLogger(__name__)


class Buzzer:
    """One output line; a chip that fails is said once and tried again."""

    def __init__(self, outputs: OutputLines, line: str) -> None:
        self._outputs = outputs
        self._line = line
        self._sounds = False
        self._trouble = Trouble(_log, line, "buzzer")
        self.is_faulty = False

    def tick(self, now_s: float, *, wanted: bool) -> None:
        """Sound or be silent at `now_s`."""
        sounds = wanted and int(now_s / HALF_S) % 2 == 0
        if sounds == self._sounds and not self.is_faulty:
            return
        try:
            self._outputs.set(self._line, active=sounds)
        except LineFault as fault:
            self.is_faulty = True
            self._trouble.say("fault", f"{fault}")
            return
        self._sounds, self.is_faulty = sounds, False
        self._trouble.healed()

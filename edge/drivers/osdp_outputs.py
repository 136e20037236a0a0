"""The relay, buzzer and LED of an OSDP reader as lines.

Rules of this file: whatever sounds or opens is timed in the reader itself, so that it ends when
nobody is left to end it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge.drivers.errors import LineFault

MOST_S = 10
"""The reader lets its relay and buzzer go after so long by itself."""
COLOURS = {"red": 1, "amber": 3, "green": 2}
"""In order of precedence, with their OSDP numbers."""
LINES = ("relay", "buzzer", *COLOURS)
OUTPUT, LED, BUZZER = 1, 2, 3
"""Numbers of libosdp."""
_RELAY_OFF, _RELAY_TIMED_ON = 1, 5
_TONE_OFF, _TONE_ON = 1, 2


class OsdpOutputs:
    """`OutputLines` named relay, buzzer, red, amber and green. `submit` takes a command."""

    def __init__(self, reader: str, submit: Callable[[Mapping[str, object]], bool]) -> None:
        self._reader = reader
        self._submit = submit
        self._lit: set[str] = set()

    def set(self, line: str, *, active: bool) -> None:
        """Switch. Raises LineFault where there is no such line or the reader is not there."""
        if line not in LINES:
            raise LineFault(self._reader, f"no line {line!r}; it has {', '.join(LINES)}")
        if not self._submit(self._command(line, active=active)):
            raise LineFault(self._reader, "the reader is not there to switch anything")

    def close(self) -> None:
        """Let everything go, where the reader is there; where not it does so by itself."""
        self._lit.clear()
        for line in ("relay", "buzzer", "red"):
            self._submit(self._command(line, active=False))

    def _command(self, line: str, *, active: bool) -> dict[str, object]:
        if line == "relay":
            return {
                "command": OUTPUT,
                "output_no": 0,
                "control_code": _RELAY_TIMED_ON if active else _RELAY_OFF,
                "timer_count": MOST_S * 10 if active else 0,
            }
        if line == "buzzer":
            return {
                "command": BUZZER,
                "reader": 0,
                "control_code": _TONE_ON if active else _TONE_OFF,
                "on_count": 10,
                "off_count": 0,
                "rep_count": MOST_S,
            }
        (self._lit.add if active else self._lit.discard)(line)
        colour = next((number for name, number in COLOURS.items() if name in self._lit), 0)
        return {
            "command": LED,
            "reader": 0,
            "led_number": 0,
            "temporary": False,
            "control_code": 1,
            "on_count": 10,
            "off_count": 0,
            "on_color": colour,
            "off_color": colour,
            "timer_count": 0,
        }

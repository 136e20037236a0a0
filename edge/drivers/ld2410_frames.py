"""What an LD2410 radar says: frames without a checksum, so every byte that can be is checked.

    F4 F3 F2 F1 | length, 16 bit, little endian | payload | F8 F7 F6 F5

A payload of 13 bytes is the basic report, one of 35 the engineering report, which goes on with
the energies of its nine gates: kind (02 or 01), AA, state, moving cm (16), moving energy, still
cm (16), still energy, detection cm (16), ..., 55, 00. From the maker's protocol V1.02.

Rules of this file: pure.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

HEAD = bytes.fromhex("f4f3f2f1")
TAIL = bytes.fromhex("f8f7f6f5")
LENGTH_OF = {0x02: 13, 0x01: 35}
MOST_CM = 900
"""The radar reaches 6 m and rounds up to gates of 75 cm; more is noise."""
MOST_ENERGY = 100
_LONGEST = len(HEAD) + 2 + max(LENGTH_OF.values()) + len(TAIL)

State = Literal["nobody", "moving", "still", "moving_and_still"]
_STATES: tuple[State, ...] = ("nobody", "moving", "still", "moving_and_still")


class Report(NamedTuple):
    """Ten times a second: whom the radar sees, and how far."""

    state: State
    moving_cm: int
    moving_energy: int
    still_cm: int
    still_energy: int

    @property
    def persons(self) -> int:
        """One where somebody is there; it cannot count."""
        return int(self.state != "nobody")


class Framer:
    """Bytes to reports. `rejected` counts frames that were none, `skipped` bytes of no frame."""

    def __init__(self) -> None:
        self.rejected = 0
        self.skipped = 0
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[Report]:
        """The reports that are complete with `data`."""
        self._waiting += data
        reports: list[Report] = []
        while (start := self._waiting.find(HEAD)) >= 0:
            self._skip(start)
            length = int.from_bytes(self._waiting[4:6], "little") if len(self._waiting) >= 6 else 0
            whole = len(HEAD) + 2 + length + len(TAIL)
            if len(self._waiting) >= 6 and length not in LENGTH_OF.values():
                self._reject()
            elif len(self._waiting) < max(whole, 7):
                return reports
            elif (report := _report(bytes(self._waiting[6:whole]))) is None:
                self._reject()
            else:
                reports.append(report)
                del self._waiting[:whole]
        self._skip(max(len(self._waiting) - len(HEAD) + 1, 0))
        return reports

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._waiting[:count]

    def _reject(self) -> None:
        """The head was none: what follows it may hold a real one."""
        self.rejected += 1
        self._skip(len(HEAD))


def _report(frame: bytes) -> Report | None:
    """The report in payload and tail; None where a byte is what it cannot be."""
    payload, tail = frame[: -len(TAIL)], frame[-len(TAIL) :]
    if tail != TAIL or LENGTH_OF.get(payload[0]) != len(payload):
        return None
    if payload[1] != 0xAA or payload[-2:] != b"\x55\x00" or payload[2] >= len(_STATES):
        return None
    moving_cm, still_cm = (int.from_bytes(payload[n : n + 2], "little") for n in (3, 6))
    report = Report(_STATES[payload[2]], moving_cm, payload[5], still_cm, payload[8])
    detection_cm = int.from_bytes(payload[9:11], "little")
    if max(moving_cm, still_cm, detection_cm) > MOST_CM:
        return None
    return None if max(report.moving_energy, report.still_energy) > MOST_ENERGY else report


def render(report: Report) -> bytes:
    """The basic report as the radar sends it."""
    far_cm = max(report.moving_cm, report.still_cm)
    payload = (
        bytes([0x02, 0xAA, _STATES.index(report.state)])
        + report.moving_cm.to_bytes(2, "little")
        + bytes([report.moving_energy])
        + report.still_cm.to_bytes(2, "little")
        + bytes([report.still_energy])
        + far_cm.to_bytes(2, "little")
        + b"\x55\x00"
    )
    return HEAD + len(payload).to_bytes(2, "little") + payload + TAIL

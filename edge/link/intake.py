"""A reading made into a row: checked, and dated as far as it can be.

Rules of this file: pure.
"""

from __future__ import annotations

from contract.errors import MalformedMessage
from contract.quantities import ClockSource
from contract.streams import BY_NAME
from edge.link.anchors import LAST_MS, AnchorBook
from edge.link.dating import Present, guess_ms
from edge.link.envelope import check_body
from edge.link.notes import mark_note
from edge.link.reading import Reading
from edge.link.rows import NewRow


def new_row(reading: Reading, anchors: AnchorBook, present: Present) -> NewRow:
    """The row of a reading. Raises MalformedMessage."""
    body = check_body(reading.stream, reading.body)
    observed_ms, boot_ms = reading.observed_ms, reading.boot_ms
    if observed_ms is not None and not 0 <= observed_ms <= LAST_MS:
        raise MalformedMessage(reading.stream, f"observed_ms {observed_ms} is no date")
    if boot_ms < 0:
        raise MalformedMessage(reading.stream, f"boot_ms {boot_ms} is before the boot")
    clock: ClockSource = reading.clock if observed_ms is not None else "unset"
    sent_as = None
    if reading.stream == "alarm" and clock == "unset" and not anchors.knows(present.machine):
        # It will not wait for a clock, so its date is frozen with its number.
        sent_as = guess_ms(boot_ms, observed_ms, present.machine, present)
    mark = None if reading.mark is None else (mark_note(reading.mark[0]), reading.mark[1])
    number = BY_NAME[reading.stream].number
    return NewRow(number, boot_ms, observed_ms, clock, body, sent_as, mark)

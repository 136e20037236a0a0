"""The state of a PN532 that has power, and its waiting for a card (NXP UM0701-02 section 7).

Rules of this file: pure. A reply of None means that the chip waits for a card; `card_came`,
`expired`, `abort` or the next command end that.
"""

from __future__ import annotations

from simulator.devices.pn532.faults import Faults
from simulator.devices.pn532.field import Field
from simulator.devices.pn532.listing import FOR_EVER, Wait, described
from simulator.devices.pn532.registers import Registers

AUTOMATIC_RATS = 0x10
NONE_FOUND = b"\x00"


class Chip:
    """One PN532 from power-on; `field` is what is before its antenna."""

    def __init__(self, field: Field, faults: Faults) -> None:
        self.field = field
        self.faults = faults
        self.registers = Registers()
        self.asleep = True
        self.next_baud: int | None = None
        """Asked for by a command, true after the host's next ACK."""
        self.parameters = 0x14
        self.retries = FOR_EVER
        self.last_error = 0
        self.upstream = b""
        """What the host sent so far of one long command to the card."""
        self.downstream = b""
        """What the host has not yet fetched of one long answer of the card."""
        self._waits: Wait | None = None

    @property
    def due_s(self) -> float | None:
        """When waiting for a card ends by itself."""
        return self._waits.until_s if self._waits else None

    def look_for(self, waits: Wait) -> bytes | None:
        """The reply where a card is there already; else wait for one."""
        self.field.switch(on=True)
        self.upstream = self.downstream = b""
        if waits.sees_type_a:
            self.registers.set_type_a()
        reply = self._found(waits)
        self._waits = None if reply else waits
        return reply

    def card_came(self) -> tuple[int, bytes] | None:
        """The command that waited for this card and its reply, if any did."""
        waits = self._waits
        reply = self._found(waits) if waits else None
        if waits is None or reply is None:
            return None
        self._waits = None
        return waits.command, reply

    def expired(self) -> tuple[int, bytes] | None:
        """The command whose time is over without a card, and its reply."""
        waits, self._waits = self._waits, None
        return (waits.command, NONE_FOUND) if waits else None

    def abort(self) -> None:
        """The host no longer wants the pending reply."""
        self._waits = None

    def _found(self, waits: Wait) -> bytes | None:
        answer = self.field.select(waits.wanted_uid) if waits.sees_type_a else None
        if answer is None:
            return None
        return described(answer, waits, with_ats=bool(self.parameters & AUTOMATIC_RATS))

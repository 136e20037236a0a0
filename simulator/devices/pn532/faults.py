"""What can go wrong between a host, the chip and a card, each once and on demand."""

from __future__ import annotations

from enum import Enum

from simulator.devices.pn532.framing import ACK


class Fault(Enum):
    """One row per fault; it strikes once and is gone."""

    LOST_ACK = "lost_ack"
    """The command is carried out, its acknowledgement never arrives."""
    LOST_REPLY = "lost_reply"
    """Acknowledged, and then nothing."""
    BAD_CHECKSUM = "bad_checksum"
    BAD_LENGTH = "bad_length"
    WRONG_REPLY = "wrong_reply"
    """Sound, and the answer to another command."""
    JUNK = "junk"
    """Noise before the acknowledgement, a false start among it."""
    PARTIAL = "partial"
    """The reply ends in its middle and the rest never comes."""
    RF_ERROR = "rf_error"
    """The chip reports a CRC error on the air; the card heard the command."""
    CARD_PULLED = "card_pulled"
    """The card answers, and is gone before the next command."""


ON_THE_AIR = frozenset({Fault.RF_ERROR, Fault.CARD_PULLED})
NOISE = bytes.fromhex("5a00ff13370000a500")


class Faults:
    """Those that wait for their moment."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def plan(self, fault: Fault, after: int = 0) -> None:
        """`fault` strikes once, after `after` more commands (or exchanges with the card)."""
        self._waiting.append((fault, after))

    def due(self, *, on_the_air: bool) -> frozenset[Fault]:
        """The faults of this command, or of this exchange with the card."""
        struck = set()
        rest = []
        for fault, after in self._waiting:
            if (fault in ON_THE_AIR) is not on_the_air:
                rest.append((fault, after))
            elif after == 0:
                struck.add(fault)
            else:
                rest.append((fault, after - 1))
        self._waiting = rest
        return frozenset(struck)


def acknowledged(faults: frozenset[Fault]) -> bytes:
    """The acknowledgement as it arrives."""
    noise = NOISE if Fault.JUNK in faults else b""
    return noise if Fault.LOST_ACK in faults else noise + ACK


def spoiled(frame: bytes, faults: frozenset[Fault]) -> bytes:
    """The reply as it arrives."""
    spoilt = bytearray(frame)
    if Fault.BAD_CHECKSUM in faults:
        spoilt[-2] ^= 0x01
    if Fault.BAD_LENGTH in faults:
        spoilt[4] ^= 0x01
    if Fault.WRONG_REPLY in faults:
        spoilt[6] = (spoilt[6] + 2) & 0xFF
        spoilt[-2] = (spoilt[-2] - 2) & 0xFF
    if Fault.PARTIAL in faults:
        del spoilt[len(spoilt) // 2 :]
    return b"" if Fault.LOST_REPLY in faults else bytes(spoilt)

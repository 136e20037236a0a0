"""The chip's commands, one row each (NXP UM0701-02 section 7.1): what is done and replied.

Rules of this file: pure; `now_s` is handed in. Each function takes the chip, the command's data
and the time, and gives the reply's data, or None where the chip waits for a card.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simulator.devices.pn532.chip import Chip
from simulator.devices.pn532.faults import Fault
from simulator.devices.pn532.listing import AUTOPOLL, LIST, autopoll_wait, listing_wait

FIRMWARE = bytes.fromhex("32010607")
PINS = bytes.fromhex("3f0703")
MORE = 0x40
MOST_ANSWER_BYTES = 262
OK, TIMEOUT, CRC_ERROR, WRONG_CONTEXT = b"\x00", b"\x01", b"\x02", b"\x27"
FIELD_ITEM, RETRIES_ITEM = 0x01, 0x05
BAUD_RATES = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)

Command: TypeAlias = Callable[[Chip, bytes, float], bytes | None]


class NotUnderstood(Exception):
    """A command that the chip answers with its error frame."""


def carry_out(chip: Chip, code: int, data: bytes, now_s: float) -> bytes | None:
    """The reply's data to one command, None while it waits. Raises NotUnderstood."""
    chip.abort()
    command = COMMANDS.get(code)
    if command is None:
        raise NotUnderstood(f"{code:#04x}")
    try:
        return command(chip, data, now_s)
    except IndexError as missing:
        raise NotUnderstood(f"{code:#04x} without its data") from missing


def _diagnose(chip: Chip, data: bytes, _now_s: float) -> bytes:
    if data[0] in {0x00, 0x05}:
        return data
    if data[0] == 0x06 and not chip.field.is_selected:
        return TIMEOUT
    return OK


def _firmware(_chip: Chip, _data: bytes, _now_s: float) -> bytes:
    return FIRMWARE


def _status(chip: Chip, _data: bytes, _now_s: float) -> bytes:
    targets = bytes.fromhex("0101000010") if chip.field.target else b"\x00"
    return bytes((chip.last_error, chip.field.is_on)) + targets + b"\x00"


def _read_registers(chip: Chip, data: bytes, _now_s: float) -> bytes:
    return chip.registers.read(data)


def _write_registers(chip: Chip, data: bytes, _now_s: float) -> bytes:
    chip.registers.write(data)
    return b""


def _read_pins(_chip: Chip, _data: bytes, _now_s: float) -> bytes:
    return PINS


def _done(_chip: Chip, _data: bytes, _now_s: float) -> bytes:
    return b""


def _refused(_chip: Chip, _data: bytes, _now_s: float) -> bytes:
    return TIMEOUT


def _serial_rate(chip: Chip, data: bytes, _now_s: float) -> bytes:
    chip.next_baud = BAUD_RATES[data[0]]
    return b""


def _set_parameters(chip: Chip, data: bytes, _now_s: float) -> bytes:
    chip.parameters = data[0]
    return b""


def _power_down(chip: Chip, _data: bytes, _now_s: float) -> bytes:
    chip.field.switch(on=False)
    chip.asleep = True
    return OK


def _configure(chip: Chip, data: bytes, _now_s: float) -> bytes:
    if data[0] == FIELD_ITEM:
        chip.field.switch(on=bool(data[1] & 0x01))
    elif data[0] == RETRIES_ITEM:
        chip.retries = data[3]
    return b""


def _list(chip: Chip, data: bytes, now_s: float) -> bytes | None:
    return chip.look_for(listing_wait(data, chip.retries, now_s))


def _autopoll(chip: Chip, data: bytes, now_s: float) -> bytes | None:
    return chip.look_for(autopoll_wait(data, now_s))


def _exchange(chip: Chip, data: bytes, _now_s: float) -> bytes:
    if chip.field.target is None or data[0] & 0x0F != 1:
        return _failed(chip, WRONG_CONTEXT)
    chip.upstream += data[1:]
    if data[0] & MORE:
        return OK
    command, chip.upstream = chip.upstream, b""
    if chip.downstream and not command:
        return _next_piece(chip)
    status, chip.downstream = _on_the_air(chip, command, chip.field.exchange)
    return _next_piece(chip) if status == OK else status


def _next_piece(chip: Chip) -> bytes:
    piece = chip.downstream[:MOST_ANSWER_BYTES]
    chip.downstream = chip.downstream[MOST_ANSWER_BYTES:]
    return bytes((MORE if chip.downstream else 0,)) + piece


def _through(chip: Chip, data: bytes, _now_s: float) -> bytes:
    hears = chip.registers.speaks_type_a
    status, answer = _on_the_air(chip, data, chip.field.block if hears else _unheard)
    return status + answer


def _unheard(_sent: bytes) -> None:
    """A type A card does not hear the other types' signals."""


def _on_the_air(
    chip: Chip, sent: bytes, send: Callable[[bytes], bytes | None]
) -> tuple[bytes, bytes]:
    """The chip's status and the card's answer."""
    faults = chip.faults.due(on_the_air=True)
    answer = send(sent)
    if Fault.CARD_PULLED in faults:
        chip.field.leave()
    if Fault.RF_ERROR in faults:
        return _failed(chip, CRC_ERROR), b""
    if answer is None:
        return _failed(chip, TIMEOUT), b""
    return OK, answer


def _failed(chip: Chip, status: bytes) -> bytes:
    chip.last_error = status[0]
    return status


def _deselect(chip: Chip, data: bytes, _now_s: float) -> bytes:
    if data[0] > 1:
        return _failed(chip, WRONG_CONTEXT)
    chip.field.deselect()
    return OK


def _release(chip: Chip, data: bytes, _now_s: float) -> bytes:
    if data[0] > 1:
        return _failed(chip, WRONG_CONTEXT)
    chip.field.release()
    return OK


def _select(chip: Chip, data: bytes, _now_s: float) -> bytes:
    target = chip.field.target
    if target is None or data[0] != 1:
        return _failed(chip, WRONG_CONTEXT)
    return OK if chip.field.select(target.uid) else _failed(chip, TIMEOUT)


COMMANDS: dict[int, Command] = {
    0x00: _diagnose,
    0x02: _firmware,
    0x04: _status,
    0x06: _read_registers,
    0x08: _write_registers,
    0x0C: _read_pins,
    0x0E: _done,  # WriteGPIO
    0x10: _serial_rate,
    0x12: _set_parameters,
    0x14: _done,  # SAMConfiguration: there is no SAM
    0x16: _power_down,
    0x32: _configure,
    0x40: _exchange,
    0x42: _through,
    0x44: _deselect,
    0x46: _refused,  # InJumpForPSL, and the other ways to another PN532
    LIST: _list,
    0x4E: _refused,
    0x50: _refused,
    0x52: _release,
    0x54: _select,
    0x56: _refused,
    AUTOPOLL: _autopoll,
    0x8C: _refused,  # TgInitAsTarget: it is no card itself
}
"""By command code; a code without a row is answered by the error frame."""

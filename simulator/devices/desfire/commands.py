"""The card's commands, one row each.

Rules of this file: a row says how long the head is that is never enciphered, how the command is
protected, how much data it carries and into which pieces its answer is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.devices.desfire import authentication, card_commands, file_commands
from simulator.devices.desfire.memory import KEY_BYTES
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.state import CardState, Step

FRAME_BYTES = 59
"""The data of one native frame: 60 bytes with the status or the command code."""
IDS_BYTES = 57
"""Nineteen whole application identifiers."""


def _managed(_card: CardState, _head: bytes) -> Mode:
    return Mode.MANAGED


def _full(card: CardState, _head: bytes) -> Mode:
    card.authenticated()
    return Mode.FULL


def _nothing(_head: bytes) -> int:
    return 0


def _written(head: bytes) -> int:
    return file_commands.span(head)[1]


@dataclass(frozen=True, slots=True)
class Row:
    """A command that may be protected."""

    code: int
    run: Callable[[CardState, bytes, bytes], bytes]
    head_bytes: int = 0
    mode: Callable[[CardState, bytes], Mode] = _managed
    data_bytes: Callable[[bytes], int] = _nothing
    pieces: tuple[int, ...] = (FRAME_BYTES,)
    """Sizes of the answer's frames, the last one repeated; () for one of any size."""
    takes_long: bool = False
    """Whether its frame may be longer than FRAME_BYTES, as with 14443-4 chaining."""


ROWS: tuple[Row, ...] = (
    Row(0x60, card_commands.get_version, pieces=(7, 7, FRAME_BYTES)),
    Row(0x6E, card_commands.free_memory),
    Row(0x51, card_commands.card_uid, mode=_full),
    Row(0x6A, card_commands.application_ids, pieces=(IDS_BYTES,)),
    Row(0xCA, card_commands.create_application, 5),
    Row(0xDA, card_commands.delete_application, 3),
    Row(0x45, card_commands.key_settings),
    Row(0x54, card_commands.change_key_settings, mode=_full, data_bytes=lambda _head: 1),
    Row(0x64, card_commands.key_version, 1),
    Row(0xC4, card_commands.change_key, 1, _full, lambda _head: KEY_BYTES + 1),
    Row(0x6F, file_commands.file_ids),
    Row(0xF5, file_commands.file_settings, 1),
    Row(0xCD, file_commands.create_file, 7),
    Row(0xDF, file_commands.delete_file, 1),
    Row(0xBD, file_commands.read_data, 7, file_commands.reading_mode),
    Row(0xAD, file_commands.read_data, 7, file_commands.reading_mode, pieces=()),
    Row(0x3D, file_commands.write_data, 7, file_commands.writing_mode, _written),
    Row(
        0x8D,
        file_commands.write_data,
        7,
        file_commands.writing_mode,
        _written,
        takes_long=True,
    ),
)
SELECT = Row(0x5A, card_commands.select_application, 3)
"""Never protected."""
AUTHENTICATIONS: dict[int, Callable[[CardState, bytes], Step]] = {
    0xAA: authentication.authenticate_aes,
    0x71: authentication.authenticate_ev2_first,
    0x77: authentication.authenticate_ev2_again,
}

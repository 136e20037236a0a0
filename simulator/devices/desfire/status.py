"""The status codes with which a DESFire card ends each frame."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Of NXP's DESFire data sheets."""

    OK = 0x00
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY_ERROR = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH_ERROR = 0x7E
    PERMISSION_DENIED = 0x9D
    PARAMETER_ERROR = 0x9E
    APPLICATION_NOT_FOUND = 0xA0
    AUTHENTICATION_ERROR = 0xAE
    MORE = 0xAF
    BOUNDARY_ERROR = 0xBE
    DUPLICATE = 0xDE
    FILE_NOT_FOUND = 0xF0


class Refused(Exception):
    """A command that the card refuses; any authentication is over."""

    def __init__(self, status: Status) -> None:
        self.status = status
        super().__init__(status.name)

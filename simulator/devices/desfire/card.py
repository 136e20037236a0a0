"""An emulated MIFARE DESFire with AES keys, EV1 or EV2, as any reader meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from simulator.devices.contactless import Answer
from simulator.devices.desfire.memory import CardMemory, restored, stored
from simulator.devices.desfire.native import answered
from simulator.devices.desfire.state import CardState
from simulator.devices.desfire.status import Status

ATS = bytes.fromhex("067577810280")
WRAPPED = 0x90
INTERINDUSTRY = 0x00
STATUS_WORD = 0x91
ISO_OK, WRONG_LENGTH = b"\x90\x00", b"\x67\x00"
NO_SUCH_FILE, NO_SUCH_INSTRUCTION = b"\x6a\x82", b"\x6d\x00"
ISO_SELECT_BY_NAME = b"\xa4\x04"
RANDOM_UID_MARK = b"\x08"


class DesfireCard:
    """`memory` is what it keeps; `random_bytes` gives as many as it is asked.

    It answers native frames natively and ISO 7816-4 wrapped ones wrapped (90 INS 00 00 Lc .. 00).
    """

    def __init__(self, memory: CardMemory, random_bytes: Callable[[int], bytes]) -> None:
        self.memory = memory
        self._random_bytes = random_bytes
        self._state = CardState(memory, random_bytes)
        self._shown_uid = b""

    @classmethod
    def from_bytes(cls, data: bytes, random_bytes: Callable[[int], bytes]) -> Self:
        """The card that `to_bytes` wrote down."""
        return cls(restored(data), random_bytes)

    def to_bytes(self) -> bytes:
        """Everything that stays without power."""
        return stored(self.memory)

    def wake(self) -> Answer:
        """Nothing is selected nor authenticated; a random UID stays while there is power."""
        self.sleep()
        if self.memory.random_uid:
            self._shown_uid = self._shown_uid or RANDOM_UID_MARK + self._random_bytes(3)
            return Answer(self._shown_uid, bytes.fromhex("0304"), 0x20, ATS)
        return Answer(self.memory.uid, bytes.fromhex("0344"), 0x20, ATS)

    def sleep(self) -> None:
        """The session is forgotten."""
        self._state = CardState(self.memory, self._random_bytes)

    def lose_power(self) -> None:
        """And a random UID with it."""
        self.sleep()
        self._shown_uid = b""

    def exchange(self, command: bytes) -> bytes | None:
        """One frame, native or wrapped."""
        if not command:
            return None
        if command[0] == WRAPPED:
            return self._wrapped(command)
        if command[0] == INTERINDUSTRY:
            return self._interindustry(command)
        status, data = answered(self._state, command[0], command[1:])
        return bytes((status,)) + data

    def _interindustry(self, apdu: bytes) -> bytes:
        """Selection of an application by its DF name; nothing else."""
        if apdu[1:3] != ISO_SELECT_BY_NAME:
            return NO_SUCH_INSTRUCTION
        name = apdu[5 : 5 + apdu[4]] if len(apdu) > 5 else b""
        for identifier, application in self.memory.applications.items():
            if name and application.df_name == name:
                self._state = CardState(self.memory, self._random_bytes)
                self._state.selected = bytes.fromhex(identifier)
                return ISO_OK
        return NO_SUCH_FILE

    def _wrapped(self, apdu: bytes) -> bytes:
        if len(apdu) < 4 or apdu[2:4] != bytes(2):
            return bytes((STATUS_WORD, Status.LENGTH_ERROR))
        data = b""
        if len(apdu) > 5:
            data = apdu[5 : 5 + apdu[4]]
            if len(data) != apdu[4] or len(apdu) > 6 + apdu[4]:
                return WRONG_LENGTH
        status, answer = answered(self._state, apdu[1], data)
        return answer + bytes((STATUS_WORD, status))

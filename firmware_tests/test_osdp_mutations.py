"""Does libosdp really check? Each fault planted in the emulated OSDP reader is caught by it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contract.clock import SystemClock
from firmware_tests.peers import needs
from firmware_tests.waiting import until
from simulator.devices.osdp import commands, framing, protocol, secure_channel
from simulator.devices.osdp.emulator import Fault, OsdpReader
from simulator.devices.osdp.outputs import Relay
from simulator.devices.osdp.state import ReaderState

pytestmark = [needs("libosdp"), pytest.mark.long]

CLOCK = SystemClock()
UID = bytes.fromhex("04112233445566")
PATIENCE_S = 4.0
Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`plant` replaces one function of the emulator for one test."""

    name: str
    plant: Plant


def replaced(owner: object, name: str, by: object) -> Plant:
    return lambda patch: patch.setattr(owner, name, by)


def crc_begun_otherwise(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value.to_bytes(2, "little")


def other_sequence(address: int, control: int, block: bytes, payload_bytes: int) -> bytes:
    return FRAME_HEAD(address, control ^ 1, block, payload_bytes)


def cryptogram_turned_round(self, key, client_uid, challenge, answer) -> None:
    BEGIN(self, key, client_uid, challenge, answer)
    self.reply = client_uid + answer + secure_channel._one(self._for_data, answer + challenge)


def mac_unchained(self, frame: bytes) -> bytes:
    return self._signature(self._command_mac, frame)[:4]


def mac_of_the_other_end(self, frame: bytes) -> bytes:
    self._reply_mac = self._signature(self._command_mac, frame)
    return self._reply_mac[-4:]


def padded_with_nothing(self, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    start = modes.CBC(secure_channel._complement(self._command_mac))
    encrypt = Cipher(algorithms.AES(self._for_data), start).encryptor()
    return encrypt.update(data + bytes(-len(data) % 16)) + encrypt.finalize()


def length_in_bytes(self, number: bytes, bits: int | None = None) -> None:
    READ_CARD(self, number, len(number))


def answered_anew(self, frame, now_s: float) -> bytes:
    if frame.sequence == self._sequence:
        self._last = self._fresh(frame, now_s)
    return ANSWER(self, frame, now_s)


def never_lets_go(self, code: int, seconds: float, now_s: float) -> bool:
    return COMMAND(self, code, seconds + 3_600, now_s)


FRAME_HEAD = framing.frame_head
BEGIN = secure_channel.SecureChannel.__init__
READ_CARD = ReaderState.read_card
ANSWER = protocol.Conversation.answer
COMMAND = Relay.command

MUTATIONS = (
    Mutation("CRC begun with FFFF", replaced(framing, "crc", crc_begun_otherwise)),
    Mutation("replies look like commands", replaced(framing, "REPLY", 0)),
    Mutation("another sequence number", replaced(framing, "frame_head", other_sequence)),
    Mutation(
        "cryptogram turned round",
        replaced(secure_channel.SecureChannel, "__init__", cryptogram_turned_round),
    ),
    Mutation("MACs not chained", replaced(secure_channel.SecureChannel, "sign", mac_unchained)),
    Mutation(
        "the wrong half of the MAC",
        replaced(secure_channel.SecureChannel, "sign", mac_of_the_other_end),
    ),
    Mutation(
        "encryption not begun with the complement",
        replaced(secure_channel, "_complement", lambda block: block),
    ),
    Mutation(
        "padding without its mark",
        replaced(secure_channel.SecureChannel, "hide", padded_with_nothing),
    ),
    Mutation("a card's length in bytes", replaced(ReaderState, "read_card", length_in_bytes)),
    Mutation("a lost reply made anew", replaced(protocol.Conversation, "answer", answered_anew)),
    Mutation("a relay that never lets go", replaced(Relay, "command", never_lets_go)),
    Mutation("no secure channel announced", replaced(commands, "CAPABILITIES", b"\2\1\1\3\1\0")),
)


async def accepted() -> bool:
    """Whether libosdp joins, reads a card whose reply was lost once, and sees the relay let go."""
    import osdp

    from firmware_tests.libosdp_panel import panel

    key = os.urandom(16)
    state = ReaderState(key)
    async with (
        OsdpReader(state, CLOCK, os.urandom, address=3, baud=115_200) as reader,
        panel(reader.port, 3, key, osdp.LibFlag.EnforceSecure) as libosdp,
    ):
        try:
            await until(lambda: libosdp.library.is_sc_active(3), "to join", PATIENCE_S)
            reader.faults.append(Fault.LOST)
            state.read_card(UID)
            await until(lambda: _told_card(libosdp.events), "the card", PATIENCE_S)
            libosdp.order(osdp.Command.Output, output_no=0, control_code=5, timer_count=2)
            for shown in (b"\1", b"\0"):
                await until(lambda s=shown: _shown(libosdp.events, s), "relay", PATIENCE_S)
            await until(lambda: libosdp.library.is_sc_active(3), "to stay", PATIENCE_S)
        except AssertionError:
            return False
    return True


def _told_card(events: list[dict[str, object]]) -> bool:
    return any((event.get("data"), event.get("length")) == (UID, 56) for event in events)


def _shown(events: list[dict[str, object]], report: bytes) -> bool:
    return any((event.get("type"), event.get("report")) == (1, report) for event in events)


async def test_without_a_fault_libosdp_is_content():
    assert await accepted()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
async def test_a_planted_fault_is_caught(mutation: Mutation, monkeypatch):
    mutation.plant(monkeypatch)
    assert not await accepted()

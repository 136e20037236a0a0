"""The card behind vpcd, before a reader driver made of a bare socket."""

from __future__ import annotations

import socket

import pytest

from simulator.devices.desfire import CardMemory, DesfireCard
from simulator.devices.pcsc_card import VirtualCard

UID = bytes.fromhex("04112233445566")
OFF, ON, ATR = b"\x00", b"\x01", b"\x04"
PATIENCE_S = 5


class ReaderDriver:
    """vpcd's side: listens, orders, asks."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE_S)
        self.port = self.listener.getsockname()[1]

    def take(self) -> None:
        self.card, _ = self.listener.accept()
        self.card.settimeout(PATIENCE_S)
        self.stream = self.card.makefile("rb")

    def tell(self, message: bytes) -> None:
        self.card.sendall(len(message).to_bytes(2, "big") + message)

    def ask(self, message: bytes) -> str:
        self.tell(message)
        return self.stream.read(int.from_bytes(self.stream.read(2), "big")).hex()

    def drop(self) -> None:
        self.stream.close()
        self.card.close()


@pytest.fixture
def reader():
    driver = ReaderDriver()
    with driver.listener:
        yield driver


def card() -> DesfireCard:
    return DesfireCard(CardMemory(UID), bytes)


def test_a_card_tells_its_atr_its_uid_and_answers_wrapped_commands(reader):
    with VirtualCard(card(), reader.port):
        reader.take()
        reader.tell(ON)
        assert reader.ask(ATR) == "3b8180018080"
        assert reader.ask(bytes.fromhex("ffca000000")) == UID.hex() + "9000"
        assert reader.ask(bytes.fromhex("ffca010000")) == "6a81"
        assert reader.ask(bytes.fromhex("906e000000")) == "0008009100"


def test_without_power_the_session_is_over(reader):
    with VirtualCard(card(), reader.port):
        reader.take()
        assert reader.ask(bytes.fromhex("9071000002000000")).endswith("91af")
        reader.tell(OFF)
        assert reader.ask(bytes.fromhex("90af000020" + "00" * 32 + "00")) == "911c"


def test_a_card_taken_up_hangs_up_and_one_laid_down_finds_a_reader_that_came_back(reader):
    with VirtualCard(card(), reader.port):
        reader.take()
        reader.drop()
        reader.take()
        assert reader.ask(ATR) == "3b8180018080"
    assert reader.stream.read() == b""

"""The emulated PN532 as a host meets it; its independent clients are in firmware_tests."""

from __future__ import annotations

import time

import pytest

from contract.clock import SystemClock
from simulator.devices.apart import DeviceApart
from simulator.devices.contactless import UidCard
from simulator.devices.desfire import CardMemory, DesfireCard
from simulator.devices.errors import BadOrder, NotStarted
from simulator.devices.pn532 import Fault, Pn532
from simulator.devices.pn532.commands import COMMANDS
from simulator.devices.pn532.framing import ACK, NACK, encode
from tests.simulator.devices.chip_host import SHORT_S, ChipHost, awake

UID = "04112233445566"
LISTED = "d54b01010044000704112233445566"
TO_LIST = "4a0100"
FEW_TRIES = "3205000102"


@pytest.fixture
def reader():
    with Pn532() as emulator:
        yield emulator


def fob() -> UidCard:
    return UidCard(bytes.fromhex(UID))


def test_a_sleeping_chip_hears_nothing_until_the_line_has_toggled(reader):
    host = ChipHost(reader.port)
    host.write(encode(b"\xd4\x02"))
    assert host.read(SHORT_S) == b""
    host.write(bytes(10))
    assert host.answer("02") == "d50332010607"
    assert host.answer("1620") == "d51700"
    host.write(encode(b"\xd4\x02"))
    assert host.read(SHORT_S) == b""
    host.close()


def test_a_listing_for_ever_is_answered_when_a_card_comes(reader):
    with awake(reader.port) as host:
        assert host.ask(TO_LIST) == ["ack"]
        reader.card_in(fob())
        assert host.next() == [LISTED]


@pytest.mark.parametrize("order", ["abort", "next command"])
def test_a_pending_listing_ends_with_the_hosts_ack_or_its_next_command(reader, order):
    with awake(reader.port) as host:
        assert host.ask(TO_LIST) == ["ack"]
        if order == "abort":
            host.abort()
        assert host.answer("02") == "d50332010607"
        reader.card_in(fob())
        assert host.next(SHORT_S) == []
        assert host.answer(TO_LIST) == LISTED


def test_a_listing_with_few_tries_ends_without_a_card(reader):
    with awake(reader.port) as host:
        assert host.answer(FEW_TRIES) == "d533"
        assert host.answer(TO_LIST) == "d54b00"
        reader.card_in(fob())
        assert host.answer(TO_LIST) == LISTED
        assert host.answer("4a010088" + "04aabbccddeeff") == "d54b00", "another card's UID"
        assert host.answer("4a010088" + UID) == LISTED
        assert host.answer("4a0103" + "00") == "d54b00", "type B"
        assert host.answer("60010120" + "10") == "d56101100c" + LISTED[6:], "InAutoPoll"


def test_a_card_that_left_is_silence_and_an_unknown_target_an_error(reader):
    with awake(reader.port) as host:
        assert host.answer("400130") == "d54127"
        reader.card_in(fob())
        assert host.answer(TO_LIST) == LISTED
        reader.card_out()
        assert host.answer("400130") == "d54101"
        assert host.answer("0006") == "d50101"
        assert host.answer("5200") == "d55300"
        assert host.answer("400130") == "d54127"


def test_every_command_answers_with_its_own_code_even_without_data(reader):
    with awake(reader.port) as host:
        assert host.answer(FEW_TRIES) == "d533"
        for code in sorted(set(COMMANDS) - {0x16}):
            reply = host.answer(f"{code:02x}")
            assert reply == "7f" or reply.startswith(f"d5{code + 1:02x}"), hex(code)
        assert host.answer("fe") == "7f"
        host.write(NACK)
        assert host.next() == ["7f"], "the last frame again"


def test_memory_is_read_as_it_was_written_and_long_frames_pass(reader):
    long = "00" * 2 + "5a" * 261
    with awake(reader.port) as host:
        assert host.answer("086302800863033f"[:2] + "63028063033f") == "d509"
        assert host.answer("0663026303") == "d507803f"
        assert host.answer(long) == "d501" + long[2:]


REPLY_TO_VERSION = encode(b"\xd5\x03\x32\x01\x06\x07")


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Fault.LOST_ACK, REPLY_TO_VERSION),
        (Fault.LOST_REPLY, ACK),
        (Fault.BAD_CHECKSUM, ACK + REPLY_TO_VERSION[:-2] + b"\xe9\x00"),
        (Fault.BAD_LENGTH, ACK + bytes.fromhex("0000ff06fb") + REPLY_TO_VERSION[5:]),
        (Fault.WRONG_REPLY, ACK + encode(b"\xd5\x05\x32\x01\x06\x07")),
        (Fault.PARTIAL, ACK + REPLY_TO_VERSION[:6]),
        (Fault.JUNK, bytes.fromhex("5a00ff13370000a500") + ACK + REPLY_TO_VERSION),
    ],
)
def test_a_fault_strikes_once_at_its_moment_and_then_all_is_well(reader, fault, heard):
    with awake(reader.port) as host:
        reader.fault(fault, after=1)
        assert host.answer("02") == "d50332010607"
        host.heard = b""
        host.write(encode(b"\xd4\x02"))
        while len(host.heard) < len(heard) and host.read():
            pass
        assert host.read(SHORT_S) == b""
        assert host.heard == heard
        host.abort()
        assert host.answer("1401") == "d515"


def test_a_card_pulled_in_mid_authentication_is_silence_and_its_session_is_over(reader):
    card = DesfireCard(CardMemory(bytes.fromhex(UID)), bytes)
    reader.card_in(card)
    reader.fault(Fault.CARD_PULLED, after=1)
    with awake(reader.port) as host:
        assert host.answer(TO_LIST).startswith("d54b01010344200704")
        assert host.answer("40015a000000") == "d5410000"
        assert host.answer("4001710000").startswith("d54100af")
        assert host.answer("4001af" + "00" * 32) == "d54101"
        reader.card_in(card)
        assert host.answer("4001af" + "00" * 32) == "d54101", "it must be listed first"
        assert host.answer(TO_LIST).startswith("d54b01")
        assert host.answer("4001af" + "00" * 32) == "d541001c"


def test_a_deselected_card_is_selected_by_the_next_exchange_without_its_session(reader):
    reader.card_in(DesfireCard(CardMemory(bytes.fromhex(UID)), bytes))
    with awake(reader.port) as host:
        assert host.answer(TO_LIST).startswith("d54b01")
        assert host.answer("4001710000").startswith("d54100af")
        assert host.answer("4401") == "d54500"
        assert host.answer("4001af" + "00" * 32) == "d541001c"


def test_an_error_on_the_air_is_told_once(reader):
    reader.card_in(DesfireCard(CardMemory(bytes.fromhex(UID)), bytes))
    reader.fault(Fault.RF_ERROR)
    with awake(reader.port) as host:
        assert host.answer(TO_LIST).startswith("d54b01")
        assert host.answer("40016e") == "d54102"
        assert host.answer("40016e") == "d5410000000800"


def test_the_host_may_speak_the_blocks_of_iso_dep_itself(reader):
    reader.card_in(DesfireCard(CardMemory(bytes.fromhex(UID)), bytes))
    with awake(reader.port) as host:
        assert host.answer("1200") == "d513"
        assert host.answer(TO_LIST) == "d54b010103442007" + UID, "no ATS without automatic RATS"
        assert host.answer("42e080") == "d54300067577810280"
        assert host.answer("42b2") == "d54300a3", "are you there?"
        assert host.answer("4202906e000000") == "d5430002" + "000800" + "9100"
        assert host.answer("42c2") == "d54300c2"
        assert host.answer("420b01606e") == "d54301", "another card's number"


def test_a_reader_pulled_out_and_plugged_in_is_found_under_its_name(tmp_path):
    link = tmp_path / "reader"
    with Pn532(link=link) as reader:
        reader.card_in(fob())
        with awake(str(link)) as host:
            assert host.answer(TO_LIST) == LISTED
            reader.unplug()
            assert host.is_cut_off()
            assert not link.exists()
            reader.plug()
        with awake(str(link)) as host:
            assert host.answer(TO_LIST) == LISTED
    assert not link.is_symlink()


def test_paced_bytes_take_at_least_their_time_on_a_wire():
    with Pn532(baud=115_200) as reader, awake(reader.port) as host:
        before = sum(reader.passed_bytes)
        began = time.perf_counter()
        assert host.answer("0000" + "33" * 60) == "d50100" + "33" * 60
        took_s = time.perf_counter() - began
        on_the_wire_s = (sum(reader.passed_bytes) - before) * 10 / 115_200
    assert on_the_wire_s <= took_s


def test_a_host_may_raise_the_line_speed_and_the_bytes_follow():
    with Pn532(baud=9_600) as reader, awake(reader.port) as host:
        assert host.answer("1008") == "d511"
        host.abort()
        began = time.perf_counter()
        assert host.answer("0000" + "33" * 250).startswith("d501")
        assert time.perf_counter() - began < 517 * 10 / 9_600


def test_the_program_obeys_lines_and_says_what_it_did_not_understand(tmp_path):
    link = tmp_path / "reader"
    arguments = ["--link", str(link), "--card", f"fob=uid:{UID}"]
    with DeviceApart("simulator.devices.pn532", arguments) as reader:
        assert reader.ready == str(link)
        with awake(str(link)) as host:
            assert host.ask(TO_LIST) == ["ack"]
            assert float(reader.order("card in fob")) <= SystemClock().monotonic_s()
            assert host.next() == [LISTED]
            reader.order("fault lost_reply")
            assert host.ask("02") == ["ack"]
        for order in ("card in nobody", "fault sunspots", "dance"):
            with pytest.raises(BadOrder, match="is no order"):
                reader.order(order)
        reader.order("unplug")
        assert not link.exists()
        assert reader.order("plug") == str(link)
        from_host, to_host = map(int, reader.order("passed").split())
        assert from_host > 0
        assert to_host > 0


def test_the_program_says_what_is_wrong_with_a_card():
    with pytest.raises(NotStarted):
        DeviceApart("simulator.devices.pn532", ["--card", "fob=uid:zz"])

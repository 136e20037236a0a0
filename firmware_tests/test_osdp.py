"""libosdp's control panel against the emulated OSDP reader, and our driver against the same."""

from __future__ import annotations

import logging
import os

import pytest

from contract.clock import SystemClock
from edge.drivers.errors import LineFault, ReaderFault
from edge.drivers.osdp import OsdpReader as Driver
from firmware_tests.peers import needs
from firmware_tests.waiting import repeatable, until
from simulator.devices.osdp.emulator import Fault, OsdpReader
from simulator.devices.osdp.outputs import Colour
from simulator.devices.osdp.secure_channel import SCBK_DEFAULT
from simulator.devices.osdp.state import ReaderState

pytestmark = needs("libosdp")

CLOCK = SystemClock()
UID = bytes.fromhex("04112233445566")
ADDRESS = 5


@pytest.fixture
def key() -> bytes:
    return os.urandom(16)


@pytest.fixture
async def reader(key, tmp_path):
    async with OsdpReader(
        ReaderState(key), CLOCK, os.urandom, address=ADDRESS, link=tmp_path / "reader"
    ) as emulator:
        yield emulator


@pytest.fixture
async def driver(reader, key):
    made = Driver(reader.port, key, CLOCK, repeatable(), address=ADDRESS)
    made.start()
    yield made
    await made.close()


def only_secure() -> int:
    import osdp

    return osdp.LibFlag.EnforceSecure


async def test_libosdp_joins_reads_a_card_and_learns_of_tampering(reader, key):
    import osdp

    from firmware_tests.libosdp_panel import panel

    async with panel(reader.port, ADDRESS, key, only_secure()) as libosdp:
        await libosdp.secure()
        identity = libosdp.library.get_pd_id(ADDRESS)
        assert (identity.serial_number, identity.model, identity.version) == (42, 1, 2)
        assert libosdp.library.check_capability(ADDRESS, osdp.Capability.OutputControl) == (2, 1)
        reader.state.read_card(UID)
        card = await libosdp.told(lambda event: event["event"] == osdp.Event.CardRead)
        assert (card["data"], card["length"]) == (UID, 56)
        reader.state.open_case(tampered=True)
        reader.state.switch_input(active=True)
        for kind, report in (
            (osdp.StatusReportType.Local, b"\1\0"),
            (osdp.StatusReportType.Input, b"\1"),
        ):
            await libosdp.told(
                lambda e, k=kind, r=report: (e.get("type"), e.get("report")) == (k, r)
            )


async def test_libosdp_switches_relay_led_and_buzzer(reader, key):
    import osdp

    from firmware_tests.libosdp_panel import panel

    async with panel(reader.port, ADDRESS, key, only_secure()) as libosdp:
        await libosdp.secure()
        state, command = reader.state, osdp.Command
        libosdp.order(command.Output, output_no=0, control_code=5, timer_count=8)
        await until(lambda: state.relay.active(CLOCK.monotonic_s()), "the relay is drawn")
        await until(lambda: not state.relay.active(CLOCK.monotonic_s()), "and lets go by itself")
        libosdp.order(
            command.LED, reader=0, led_number=0, temporary=True, control_code=2, on_count=1,
            off_count=0, on_color=2, off_color=0, timer_count=50,
        )  # fmt: skip
        await until(lambda: state.led.colour(CLOCK.monotonic_s()) is Colour.GREEN, "green")
        libosdp.order(
            command.Buzzer, reader=0, control_code=2, on_count=2, off_count=1, rep_count=3
        )
        await until(lambda: state.buzzer.sounded == 1, "the buzzer sounds")
        for kind in (osdp.StatusReportType.Output, osdp.StatusReportType.Local):
            libosdp.order(command.Status, type=kind)
            await libosdp.told(lambda e, k=kind: e.get("type") == k)


async def test_libosdp_gives_a_new_key_and_another_address_and_speed(reader, key):
    import osdp

    from firmware_tests.libosdp_panel import panel

    async with panel(reader.port, ADDRESS, key, only_secure()) as libosdp:
        await libosdp.secure()
        new = os.urandom(16)
        libosdp.order(osdp.Command.Keyset, type=1, data=new)
        await until(lambda: reader.state.key == new, "the new key")
        await libosdp.secure()
        libosdp.order(osdp.Command.Comset, address=9, baud_rate=115_200)
        await until(lambda: reader.conversation.address == 9, "the new address")
        assert reader.baud == 115_200
        answered = reader.answered
        await until(lambda: reader.answered > answered + 3, "the talk goes on")


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.CUT, Fault.JUNK])
async def test_a_faulty_reply_is_asked_for_again_and_is_the_same_bytes(reader, key, fault):
    """Not of a wrong check: libosdp then gives the reader up for five minutes."""
    from firmware_tests.libosdp_panel import panel

    async with panel(reader.port, ADDRESS, key, only_secure()) as libosdp:
        await libosdp.secure()
        reader.state.read_card(UID)
        reader.faults.append(fault)
        card = await libosdp.told(lambda event: event.get("data") == UID)
        assert card["length"] == 56
        assert libosdp.library.is_sc_active(ADDRESS)
        assert len([event for event in libosdp.events if event.get("data") == UID]) == 1
        assert reader.conversation.resent == (0 if fault is Fault.JUNK else 1)


async def test_a_panel_with_another_key_gets_nothing_but_the_refusal(reader):
    from firmware_tests.libosdp_panel import panel

    reader.state.read_card(UID)
    async with panel(reader.port, ADDRESS, os.urandom(16)) as libosdp:
        await until(lambda: reader.answered > 20, "an insecure panel polls on")
        assert not libosdp.library.is_sc_active(ADDRESS)
        assert not libosdp.events
        answered = reader.answered
        libosdp.order(1, output_no=0, control_code=2, timer_count=0)
        await until(lambda: not libosdp.library.is_online(ADDRESS), "the order is refused")
        await until(lambda: reader.answered > answered, "its answer is out")
        assert not reader.state.relay.active(CLOCK.monotonic_s())


@pytest.mark.parametrize("installing", [True, False])
async def test_the_key_of_delivery_serves_to_install_and_for_nothing_else(reader, key, installing):
    import osdp

    from firmware_tests.libosdp_panel import panel

    reader.state.key, new = SCBK_DEFAULT if installing else key, os.urandom(16)
    reader.state.installing = installing
    async with panel(reader.port, ADDRESS, new, osdp.LibFlag.InstallMode) as libosdp:
        await until(lambda: reader.answered > 12, "the talk goes on")
        if installing:
            await until(lambda: reader.state.key == new, "it takes the panel's key")
            assert not reader.state.installing
            await libosdp.secure()
        else:
            assert not libosdp.library.is_sc_active(ADDRESS)
            assert reader.state.key == key


async def test_our_driver_switches_and_is_told_when_it_cannot(reader, driver):
    with pytest.raises(LineFault, match="not there"):
        driver.outputs.set("relay", active=True)
    await until(lambda: driver.connected, "a secure channel")
    driver.outputs.set("relay", active=True)
    driver.outputs.set("green", active=True)
    driver.outputs.set("buzzer", active=True)
    state = reader.state
    await until(lambda: state.relay.active(CLOCK.monotonic_s()), "the relay is drawn")
    await until(lambda: state.led.colour(CLOCK.monotonic_s()) is Colour.GREEN, "green")
    await until(lambda: state.buzzer.sounded == 1, "it sounds")
    assert not state.relay.active(CLOCK.monotonic_s() + 11)
    driver.outputs.close()
    await until(lambda: not state.relay.active(CLOCK.monotonic_s()), "the relay lets go")
    with pytest.raises(LineFault, match="no line 'horn'"):
        driver.outputs.set("horn", active=True)


async def test_our_driver_outlives_junk_and_lost_replies(reader, driver):
    await until(lambda: driver.connected, "a secure channel")
    reader.faults += [Fault.JUNK, Fault.BAD_CHECK, Fault.LOST, Fault.CUT]
    reader.state.read_card(UID)
    card = await driver.next_card()
    assert (card.uid, card.speaks) == (UID, "uid_only")
    with pytest.raises(ReaderFault, match="numbers only"):
        await card.native(b"\x60")
    assert driver.connected


async def test_our_driver_knows_whether_the_case_is_open_and_says_it_once(reader, driver, caplog):
    reader.state.tampered = True
    await until(lambda: driver.tampered is True, "it asked when it joined")
    reader.state.open_case(tampered=False)
    await until(lambda: driver.tampered is False, "the reader tells by itself")
    await until(lambda: "reader_case=up" in caplog.text, "that is said too")
    assert caplog.text.count("reader_case=down") == 1
    reader.unplug()
    await until(lambda: driver.tampered is None, "an absent reader tells nothing")


@pytest.mark.long
@pytest.mark.parametrize("wrong", ["key", "silence"])
async def test_a_reader_that_does_not_join_is_said_once_and_found_once_it_does(
    reader, key, wrong, caplog
):
    reader.state.key = os.urandom(16) if wrong == "key" else key
    reader.deaf = wrong == "silence"
    driver = Driver(reader.port, key, CLOCK, repeatable(), address=ADDRESS)
    driver.start()
    try:
        with caplog.at_level(logging.WARNING):
            await until(lambda: "reader=down" in caplog.text, "it is said")
            assert ("refuses our key" if wrong == "key" else "does not answer") in caplog.text
            reader.state.key, reader.deaf = key, False
            await until(lambda: driver.connected, "it joins")
            await until(lambda: "reader=up" in caplog.text, "that is said too")
            assert caplog.text.count("reader=down") == 1
    finally:
        await driver.close()


def test_the_key_of_delivery_is_refused_in_a_configuration():
    for key in (SCBK_DEFAULT, b"short"):
        with pytest.raises(ReaderFault, match="16 bytes of its own"):
            Driver("/dev/ttyUSB0", key, CLOCK, repeatable())

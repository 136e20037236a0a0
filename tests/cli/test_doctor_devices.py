"""`softplace doctor` on the devices of a space, a door and a vehicle: found, tested, mended."""

from __future__ import annotations

import asyncio
import os
import sys
import types
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contract.clock import ManualClock, SystemClock
from edge.drivers.gpio import GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.ld2410_fake import SITTING, FakeRadar
from edge.drivers.ld2450_frames import Sighting, Target
from edge.drivers.line_config import InputLine, OutputLine
from edge.drivers.nmea_fake import FakeReceiver
from simulator.devices.osdp.emulator import OsdpReader
from simulator.devices.osdp.state import ReaderState
from simulator.devices.pn532 import Pn532
from softplace.doctor import board, card_readers, lines, sensors
from softplace.doctor.devices import CardHead, Devices, Lock, Radar
from softplace.doctor.subject import Subject, subject_of
from tests.space_agent.test_agent_command import written

CONTACT = {"contact": InputLine(17, pull="up", active_low=True)}
RELAY = {"relay": OutputLine(27)}


def of(**devices: object) -> Subject:
    return Subject(devices=Devices(**devices))


async def test_wires_are_told_as_they_stand_and_outputs_are_left_alone(tmp_path: Path):
    with FakeChip(tmp_path / "chip") as chip:
        chip.drive(17, 0)
        found = await lines.gpio(of(chip=chip.name, inputs=CONTACT, outputs=RELAY))
        assert (found.state, found.mend) == ("ok", "")
        assert "contact active" in found.sentence
        assert chip.history(27) == []
        assert not chip.is_held(17)


async def test_a_missing_chip_and_a_line_it_has_not_name_their_remedy(tmp_path: Path):
    absent = await lines.gpio(of(chip="/dev/gpiochip9", inputs=CONTACT))
    assert absent.state == "failed"
    assert absent.mend == "correct [lines] chip"
    with FakeChip(tmp_path / "chip") as chip:
        far = await lines.gpio(of(chip=chip.name, inputs={"contact": InputLine(99)}))
        assert (far.state, far.mend) == ("failed", "correct offset 99")
    assert (await lines.gpio(of())).state == "not_checked"


async def test_wires_of_a_running_agent_are_left_to_it(tmp_path: Path):
    with FakeChip(tmp_path / "chip") as chip:
        agent = GpioOutputs(chip.name, {"relay": OutputLine(17)})
        agent.open()
        found = await lines.gpio(of(chip=chip.name, inputs=CONTACT))
        assert (found.state, "held by an agent" in found.sentence) == ("ok", True)
        agent.close()


async def test_the_guard_takes_the_relay_and_lets_it_go(tmp_path: Path):
    lock = Lock("relay", "fail-secure")
    with FakeChip(tmp_path / "chip") as chip:
        door = of(chip=chip.name, outputs=RELAY, lock=lock)
        found = await lines.relay_guard(door)
        assert (found.state, "fail-secure" in found.sentence) == ("ok", True)
        assert [change.level for change in chip.history(27)] == [0]
        assert not chip.is_held(27)
        agent = GpioOutputs(chip.name, RELAY)
        agent.open()
        assert "an agent that runs holds the relay" in (await lines.relay_guard(door)).sentence
        agent.close()
    gone = await lines.relay_guard(door)
    assert (gone.state, gone.mend) == ("failed", "start one")


async def test_a_pn532_tells_its_firmware_and_a_silent_port_its_remedy(tmp_path: Path):
    with Pn532(link=tmp_path / "reader") as reader:
        head = CardHead("pn532", reader.port, 115_200)
        found = await card_readers.pn532(of(card_heads=(head,)))
        assert (found.state, found.sentence[-12:]) == ("ok", "firmware 1.6")
    with FakeReceiver() as silent:
        head = CardHead("pn532", silent.port, 115_200)
        found = await card_readers.pn532(of(card_heads=(head,)))
        assert (found.state, "HSU" in found.mend) == ("failed", True)
    head = CardHead("pn532", "/dev/absent", 115_200)
    found = await card_readers.pn532(of(card_heads=(head,)))
    assert found.state == "failed"
    assert "plug the card reader in" in found.mend


class Service(Exception):
    """What pyscard raises where pcscd does not run."""


@pytest.mark.parametrize(
    ("present", "kind", "state", "said"),
    [
        (["ACS ACR122U"], "pcsc", "ok", "ACS ACR122U"),
        ([], "pcsc", "failed", "has no reader"),
        ([], "pn532", "not_checked", "no reader here needs it"),
        (None, "pcsc", "failed", "does not answer"),
    ],
)
async def test_pcsc_is_missed_only_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, present: list[str] | None, kind: str, state: str, said: str
):
    def readers() -> list[str]:
        if present is None:
            raise Service
        return present

    system = types.ModuleType("smartcard.System")
    system.readers = readers
    monkeypatch.setitem(sys.modules, "smartcard.System", system)
    found = await card_readers.pcsc(of(card_heads=(CardHead(kind, "", 0),)))
    assert (found.state, said in found.sentence) == (state, True)


async def test_an_osdp_reader_is_found_at_its_speed(tmp_path: Path):
    state = ReaderState(os.urandom(16))
    async with OsdpReader(state, SystemClock(), os.urandom, link=tmp_path / "osdp") as reader:
        found = await card_readers.osdp(of(osdp_port=reader.port))
        assert (found.state, "at 9600 baud" in found.sentence) == ("ok", True)
        reader.deaf = True
        found = await card_readers.osdp(of(osdp_port=reader.port))
        assert (found.state, "RS-485" in found.mend) == ("failed", True)
    assert (await card_readers.osdp(of(osdp_port="/dev/absent"))).state == "failed"
    assert (await card_readers.osdp(of())).state == "not_checked"


@asynccontextmanager
async def again_and_again(say: Callable[[], None]) -> AsyncIterator[None]:
    """A device does not wait for who listens."""

    async def on() -> None:
        while True:
            say()
            await SystemClock().sleep(0.02)

    saying = asyncio.create_task(on())
    try:
        yield
    finally:
        saying.cancel()


async def test_a_radar_tells_what_it_sees_and_a_wrong_speed_its_remedy(tmp_path: Path):
    with FakeRadar(tmp_path / "radar") as radar:
        subject = of(radars=(Radar("ld2410", radar.port),))
        async with again_and_again(lambda: radar.report(SITTING)):
            found = await sensors.radar(subject)
        assert (found.state, "somebody" in found.sentence) == ("ok", True)
        async with again_and_again(lambda: radar.send(b"\x00\x80\xf8" * 20)):
            found = await sensors.radar(subject)
        assert (found.state, "256,000 baud" in found.mend) == ("failed", True)
        found = await sensors.radar(subject)
        assert (found.state, "5 V" in found.mend) == ("failed", True)
        async with again_and_again(lambda: radar.report(Sighting((Target(0, 1_500, 20),)))):
            found = await sensors.radar(of(radars=(Radar("ld2450", radar.port),)))
        assert (found.state, "ld2450" in found.sentence) == ("ok", True)


async def test_a_clock_without_power_is_missed_only_where_rights_are_kept(tmp_path: Path):
    clock = ManualClock()
    plain = Subject(root=tmp_path, clock=clock)
    door = replace(plain, devices=Devices(copass=tmp_path))
    assert (await board.rtc(plain)).state == "not_checked"
    assert "J5" in (await board.rtc(door)).mend
    told = tmp_path / "sys/class/rtc/rtc0/since_epoch"
    told.parent.mkdir(parents=True)
    told.write_text(f"{clock.now_ms() // 1_000 + 3}\n")
    assert (await board.rtc(door)).state == "ok"
    told.write_text(f"{clock.now_ms() // 1_000 - 7_200}\n")
    assert "hwclock" in (await board.rtc(door)).mend
    told.write_text("x")
    assert (await board.rtc(door)).state == "failed"


async def test_what_seals_the_rights_is_told_by_its_worth(tmp_path: Path):
    plain = Subject(root=tmp_path)
    door = replace(plain, devices=Devices(copass=tmp_path))
    assert (await board.secret(plain)).state == "not_checked"
    assert (await board.secret(door)).state == "failed"
    serial = tmp_path / "sys/firmware/devicetree/base/serial-number"
    serial.parent.mkdir(parents=True)
    serial.write_text("10000000abcdef01\0")
    weak = await board.secret(door)
    assert (weak.state, "board serial" in weak.sentence) == ("warning", True)
    assert "rpi-otp-private-key" in weak.mend
    burnt = tmp_path / "sys/bus/nvmem/devices/rpi_otp_private0/nvmem"
    burnt.parent.mkdir(parents=True)
    burnt.write_bytes(b"\x07" * 32)
    assert (await board.secret(door)).state == "ok"


def test_the_settings_of_each_agent_name_its_devices(tmp_path: Path):
    devices = subject_of(config=written(tmp_path)).devices
    assert devices.chip == f"fake:{tmp_path}/chip"
    assert devices.radars == (Radar("ld2410", f"{tmp_path}/radar"),)
    assert devices.card_heads == (CardHead("pn532", f"{tmp_path}/reader", 115_200),)
    assert devices.copass == tmp_path / "copass"
    door = tmp_path / "door.toml"
    door.write_text(
        'territory = "lozere"\nunit = "reader/d1"\n[broker]\nurl = "mqtt://127.0.0.1"\n'
        '[outbox]\npath = "outbox.db"\n[lines.outputs.relay]\noffset = 27\n'
    )
    devices = subject_of(config=door, osdp="/dev/ttyUSB1").devices
    assert devices.lock == Lock("relay", "fail-secure")
    assert devices.osdp_port == "/dev/ttyUSB1"

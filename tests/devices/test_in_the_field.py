"""From the invitation to the retirement, with a real broker and agents as processes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from cryptography import x509

from backend.devices.sessions import read_session
from backend.records.transaction import reading
from contract.clock import SystemClock
from edge.agent.identity import load_identity
from tests.devices.field import ROOT, Field, identity_of, retained_of
from tests.ingest.serving import until
from tests.peers.ports import free_port

pytestmark = pytest.mark.long
TERRITORY = ROOT / "simulator" / "territories" / "lozere.json"
OWN = "softplace/1/lozere/bus/b1"


@pytest.fixture
def field(tmp_path) -> Field:
    return Field(tmp_path / "field")


def boot_of(field: Field) -> str | None:
    with reading(field.server.records) as connection:
        session = read_session(connection, "bus/b1")
    return session and session.boot


def serial_of(place: Path) -> int:
    return x509.load_pem_x509_certificate(
        (place / "bus" / "identity" / "tls.crt").read_bytes()
    ).serial_number


async def test_a_device_is_helped_from_far_away(field):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        agent = field.start_agent(place, "softplace")
        code, printed, _ = await field.command("logs", "bus/b1", "--lines", "5")
        assert code == 0
        assert "command=logs" in printed
        code, printed, _ = await field.command("doctor", "bus/b1")
        assert code == 0
        assert "lozere/bus/b1, certificate until" in printed
        before = boot_of(field)
        assert (await field.command("restart", "bus/b1"))[0] == 0
        assert await asyncio.to_thread(agent.wait, 20) == 0
        field.start_agent(place, "softplace")
        code, printed, _ = await field.command("logs", "bus/b1", "--json")
        assert (code, json.loads(printed)["answer"]) == (0, "done")
        assert boot_of(field) != before


async def test_a_certificate_is_renewed_over_mqtt_and_the_old_one_ends(field):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        old, old_serial = identity_of(place), serial_of(place)
        kept = field.root / "old"
        kept.mkdir()
        for name in ("tls.key", "tls.crt", "ca.pem", "box.key", "signers.json"):
            (kept / name).write_bytes((old.directory / name).read_bytes())
        agent = field.start_agent(place)
        assert (await field.command("renew", "bus/b1"))[0] == 0
        await until(lambda: serial_of(place) != old_serial)
        crl = field.server.data / "keys" / "devices.crl"
        await until(
            lambda: x509.load_pem_x509_crl(
                crl.read_bytes()
            ).get_revoked_certificate_by_serial_number(old_serial)
        )
        field.reload_revocations()
        agent.terminate()
        await asyncio.to_thread(agent.wait, 20)
        field.start_agent(place)
        assert (await field.command("logs", "bus/b1"))[0] == 0, "it comes back with the new one"
        assert field.lets_in(identity_of(place))
        assert not field.lets_in(load_identity(kept))


async def test_a_revoked_device_is_thrown_out_and_a_spare_takes_its_place(field):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        field.start_agent(place)
        assert (await field.command("logs", "bus/b1"))[0] == 0
        spare = await field.enrol("bus/b1", "pi-b")
        field.reload_revocations()
        agent_log = place / "agent.log"
        await until(lambda: "connection lost" in agent_log.read_text())
        field.start_agent(spare)
        assert (await field.command("logs", "bus/b1"))[0] == 0
        assert not field.lets_in(identity_of(place))
        _, listed, _ = await field.command("list", "--all", "--json")
        reasons = [device["end_reason"] for device in json.loads(listed)["devices"]]
        assert reasons == ["replaced", None]
        assert (await field.command("revoke", "bus/b1", "--reason", "stolen"))[0] == 0
        code, _, complaint = await field.command("logs", "bus/b1")
        assert code == 1
        assert "no enrolled device" in complaint


async def test_a_device_speaks_for_its_own_unit_only(field):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        everything = field.listener("softplace/1/lozere/+/+/alarm")
        own = field.device(identity_of(place))
        assert await asyncio.to_thread(own.connect) == 0
        own.publish("softplace/1/lozere/bus/b2/alarm", b"not mine")
        own.publish(f"{OWN}/alarm", b"mine")
        assert await asyncio.to_thread(everything.next) == (f"{OWN}/alarm", b"mine")
        own.disconnect()
        everything.disconnect()


@pytest.mark.parametrize("answers", [True, False], ids=["in contact", "lost for good"])
async def test_a_retired_unit_leaves_nothing_retained(field, answers):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        agent = field.start_agent(place)
        assert (await field.command("logs", "bus/b1"))[0] == 0
        own = field.device(identity_of(place))
        assert await asyncio.to_thread(own.connect) == 0
        own.publish(f"{OWN}/position", b"{}", retain=True)
        own.disconnect()
        listener = field.listener(f"{OWN}/#")
        standing = await asyncio.to_thread(retained_of, listener)
        assert {f"{OWN}/status", f"{OWN}/position", f"{OWN}/down/stored"} <= set(standing)
        if not answers:
            agent.kill()
            agent.wait()
        code, printed, _ = await field.command("retire", "bus/b1", "--wait", "10")
        assert code == 0
        assert ("forgot itself" in printed) == answers
        if answers:
            assert await asyncio.to_thread(agent.wait, 20) == 0
            assert not (place / "bus" / "identity" / "box.key").exists()

        async def left() -> dict[str, bytes]:
            fresh = field.listener(f"{OWN}/#")
            try:
                return await asyncio.to_thread(retained_of, fresh)
            finally:
                fresh.disconnect()

        async with asyncio.timeout(30):
            while await left():
                await asyncio.to_thread(field.listener(f"{OWN}/#").disconnect)
        listener.disconnect()


async def test_the_services_as_they_are_started_enrol_and_help_a_device(field):
    port = free_port()
    with field.config.open("a") as config:
        config.write(f"[web]\nport = {port}\n")
    text = field.config.read_text()
    field.config.write_text(f'territory_file = "{TERRITORY}"\n{text}')
    async with field.broker_alone():
        field.start_service("all")
        field.server.url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(field.answers, port):
                await SystemClock().sleep(0.1)
        place = await field.enrol("bus/b1", "pi-a")
        field.start_agent(place, "softplace")
        code, printed, _ = await field.command("logs", "bus/b1")
        assert (code, "command=logs" in printed) == (0, True)


async def test_a_stolen_device_that_gives_itself_another_name_is_thrown_out_too(field):
    async with field.working():
        place = await field.enrol("bus/b1", "pi-a")
        thief = field.device(identity_of(place), client_id="nobody-knows-me")
        assert await asyncio.to_thread(thief.connect) == 0
        field.reload_revocations()
        assert (await field.command("revoke", "bus/b1", "--reason", "stolen"))[0] == 0
        field.reload_revocations()
        await asyncio.to_thread(thief.gone.get, timeout=60)
        thief.disconnect()
        assert not field.lets_in(identity_of(place))

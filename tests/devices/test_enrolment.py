"""A device gets its identity with a code, once, and nobody else does."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from backend.devices.addressing import addressee_of, serving
from backend.devices.authority import open_authority, pem_of, private_pem
from backend.devices.errors import KeyUnusable, UnitNameTooLong
from backend.devices.registry import end_service, read_devices, revoked_certificates
from backend.devices.revocation import write_revocations
from backend.devices.sealing import seal
from backend.devices.signing_key import open_signer
from backend.records.open import open_records
from backend.records.transaction import reading, writing
from contract.clock import ManualClock, SystemClock
from contract.codec import encode
from contract.enrolment import (
    ALPHABET,
    PATH,
    EnrolAnswer,
    EnrolmentRefused,
    disclose,
    enclose,
    key_of,
    read_envelope,
    shown_code,
    tidy_code,
)
from contract.topics import Unit
from edge.agent.config import AgentFile, common_of, read_file
from edge.agent.enrolment import agent_toml, enrol, https_post
from edge.agent.errors import EnrolmentFailed
from edge.agent.identity import DeviceIdentity, load_identity
from softplace.device.enrol_command import give_away
from tests.devices.enrolling import BROKER_URL, Server

BUS = Unit("bus", "b1")


@pytest.fixture
def server(tmp_path) -> Server:
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    return Server(tmp_path / "server", records, ManualClock(SystemClock().now_ms()))


async def refusal(server: Server, directory: Path, code: str) -> str:
    with pytest.raises(EnrolmentFailed) as refused:
        await server.enrol(directory, code)
    return refused.value.why


def openssl_trusts(identity: DeviceIdentity, crl: Path) -> bool:
    verify = ["openssl", "verify", "-purpose", "sslclient", "-crl_check", "-CRLfile", crl]
    command = [*verify, "-CAfile", identity.ca_file, identity.cert_file]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("tls", [False, True])
async def test_a_device_is_enrolled_and_can_read_what_is_sealed_to_its_unit(server, tmp_path, tls):
    async with server.serving(tls=tls):
        answer = await server.enrol(tmp_path / "id", shown_code(server.invite("bus/b1")).lower())
    assert (answer.unit, answer.territory) == ("bus/b1", "lozere")
    identity = load_identity(tmp_path / "id" / "bus" / "identity")
    with reading(server.records) as connection:
        to = addressee_of(connection, "lozere", BUS, server.clock.now_ms())
    assert to is not None
    frame = seal(open_signer(server.data), to, "plan", b"body", term=0, version=1)
    assert identity.seal_opener("lozere", BUS).open("plan", encode(frame)).body == b"body"
    modes = {p.name: p.stat().st_mode & 0o777 for p in identity.directory.iterdir()}
    assert modes["tls.key"] == modes["box.key"] == 0o600
    assert not (tmp_path / "id" / "enrolment.json").exists()


async def test_openssl_trusts_the_certificate_and_reads_the_unit_in_it(server, tmp_path):
    async with server.serving():
        await server.enrol(tmp_path / "id", server.invite("bus/b1"))
    identity = load_identity(tmp_path / "id" / "bus" / "identity")
    assert openssl_trusts(identity, server.data / "keys" / "devices.crl")
    certificate = x509.load_pem_x509_certificate(identity.cert_file.read_bytes())
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in names] == ["lozere/bus/b1"]


async def test_the_file_of_the_agent_is_one_an_agent_reads(server, tmp_path):
    async with server.serving():
        answer = await server.enrol(tmp_path / "id", server.invite("bus/b1"))
    path = tmp_path / "agent-bus.toml"
    path.write_text(agent_toml(answer, tmp_path / "id"))
    fields = common_of(path, read_file(path, AgentFile), ("bus",), "vehicle")
    assert str(fields["unit"]) == "bus/b1"
    assert fields["broker"].shown == BROKER_URL
    assert fields["identity_directory"] == tmp_path / "id" / "bus" / "identity"
    assert fields["key_file"] == tmp_path / "id" / "bus" / "identity" / "tls.key"


async def test_a_code_serves_once_and_for_fifteen_minutes(server, tmp_path):
    async with server.serving():
        code, late = server.invite("bus/b1"), server.invite("bus/b2")
        await server.enrol(tmp_path / "id", code)
        assert "used by another device" in await refusal(server, tmp_path / "thief", code)
        await server.clock.advance(15 * 60)
        assert "15 minutes" in await refusal(server, tmp_path / "late", late)
        assert "15 minutes" in await refusal(server, tmp_path / "id2", code)


async def test_five_wrong_codes_burn_an_invitation_and_four_do_not(server, tmp_path):
    async with server.serving():
        code = server.invite("bus/b1")
        for _ in range(5):
            wrong = code[:-1] + next(c for c in ALPHABET if c != code[-1])
            assert "not the one" in await refusal(server, tmp_path / "guess", wrong)
        assert "too many wrong codes" in await refusal(server, tmp_path / "id", code)
        again = server.invite("bus/b1")
        for _ in range(4):
            await refusal(server, tmp_path / "guess", again[:4] + "0" * 16)
    async with server.serving():
        await server.enrol(tmp_path / "id", again)


async def test_one_address_may_ask_ten_times_a_minute(server, tmp_path):
    pace = ManualClock()
    async with server.serving(pace=pace):
        unknown = "0" * 20
        for _ in range(10):
            assert "no such invitation" in await refusal(server, tmp_path / "guess", unknown)
        assert "wait a minute" in await refusal(server, tmp_path / "guess", unknown)
        await pace.advance(60)
        assert "no such invitation" in await refusal(server, tmp_path / "guess", unknown)


async def test_a_lost_answer_is_given_again_to_the_same_request(server, tmp_path):
    code = server.invite("bus/b1")
    async with server.serving():
        asked: list[bytes] = []

        def lost(_url: str, _body: bytes) -> bytes:
            asked.append(_body)
            raise EnrolmentFailed("https://softplace", "the line broke")

        with pytest.raises(EnrolmentFailed, match="the line broke"):
            enrol(tmp_path / "id", server.url, code, "pi-1", lost)
        # It reaches the server, and the answer is lost.
        await asyncio.to_thread(https_post(None), server.url + PATH, asked[0])
        answer = await server.enrol(tmp_path / "id", code)
    assert load_identity(tmp_path / "id" / "bus" / "identity").signers
    with reading(server.records) as connection:
        assert [device.device for device in read_devices(connection)] == [answer.device]


@pytest.mark.parametrize("lost", ["box.key", "signers.json", "ca.pem", "tls.key", "tls.crt"])
async def test_a_power_cut_while_the_identity_is_written_is_mended_by_asking_again(
    server, tmp_path, lost
):
    code, state = server.invite("bus/b1"), tmp_path / "id"
    pending = b""

    def post(url: str, body: bytes) -> bytes:
        nonlocal pending
        pending = (state / "enrolment.json").read_bytes()
        return https_post(None)(url, body)

    async with server.serving():
        first = await asyncio.to_thread(enrol, state, server.url, code, "pi-1", post)
        # As the power left it: this file was not yet written, the request not yet taken away.
        (state / "enrolment.json").write_bytes(pending)
        (state / "bus" / "identity" / lost).unlink()
        again = await server.enrol(state, code)
    assert again == first
    assert load_identity(state / "bus" / "identity").signers


async def test_a_false_server_without_the_code_is_not_believed(tmp_path):
    code = "0" * 20

    def false_server(_url: str, body: bytes) -> bytes:
        asked = read_envelope(body)
        assert code[4:] not in body.decode()
        return enclose(asked.invitation, bytes(32), "answer", b"{}")

    with pytest.raises(EnrolmentRefused, match="not the one"):
        enrol(tmp_path / "id", "https://softplace", code, "pi-1", false_server)
    with pytest.raises(EnrolmentRefused, match="not the one"):  # nor is the request sent back
        enrol(tmp_path / "id", "https://softplace", code, "pi-1", lambda _url, body: body)


async def test_a_spare_takes_over_the_unit_and_the_device_before_it_is_out(server, tmp_path):
    async with server.serving():
        first = await server.enrol(tmp_path / "a", server.invite("bus/b1"), "pi-a")
        await server.clock.advance(60)
        second = await server.enrol(tmp_path / "b", server.invite("bus/b1"), "pi-b")
    now_ms = server.clock.now_ms()
    with reading(server.records) as connection:
        serves = serving(connection, BUS, now_ms)
        before = serving(connection, BUS, now_ms - 1)
        revoked = [row.device for row in revoked_certificates(connection, now_ms)]
        ended = {d.device: d.end_reason for d in read_devices(connection)}
    assert serves is not None
    assert serves.device == second.device
    assert before is None, "out of service is out of service, also for what came before"
    assert revoked == [first.device]
    assert ended == {first.device: "replaced", second.device: None}
    crl = x509.load_pem_x509_crl((server.data / "keys" / "devices.crl").read_bytes())
    serial = x509.load_pem_x509_certificate(first.certificate.encode()).serial_number
    assert crl.get_revoked_certificate_by_serial_number(serial) is not None


async def test_a_request_without_proof_of_its_key_is_refused(server, tmp_path):
    code = server.invite("bus/b1")
    async with server.serving():

        def forging(url: str, body: bytes) -> bytes:
            told = json.loads(disclose(read_envelope(body), key_of(code), "ask"))
            pem = x509.load_pem_x509_csr(told["csr"].encode())
            assert pem.is_signature_valid
            told["csr"] = told["csr"].replace("A", "B", 3)
            forged = enclose(code[:4], key_of(code), "ask", json.dumps(told).encode())
            return https_post(None)(url, forged)

        with pytest.raises(EnrolmentFailed, match="cannot be used"):
            await asyncio.to_thread(enrol, tmp_path / "x", server.url, code, "pi", forging)
        await server.enrol(tmp_path / "id", code)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"junk", "unreadable"),
        (b'{"invitation": "0000", "body": "%", "mac": ""}', "unreadable"),
        (b"\xff\x00", "unreadable"),
        (b"x" * 40_000, "too long"),
    ],
)
async def test_what_is_no_request_is_refused_in_words(server, body, said):
    async with server.serving():
        with pytest.raises(EnrolmentFailed, match=said):
            await asyncio.to_thread(https_post(None), server.url + PATH, body)


def test_a_code_may_be_written_as_people_write_it():
    code = "K7QF2M3N8PXA0RSTVWXY"
    assert tidy_code("k7qf-2m3n-8pxa-orst-vwxy ") == code
    with pytest.raises(EnrolmentRefused, match="20 letters"):
        tidy_code(code[:-1])
    assert key_of(code) != key_of("0" * 20)


def test_an_authority_from_outside_signs_with_its_chain_and_a_foreign_pair_is_refused(tmp_path):
    now_ms = SystemClock().now_ms()
    ours = open_authority(tmp_path / "a", "lozere", now_ms)
    assert open_authority(tmp_path / "a", "lozere", now_ms).chain == ours.chain
    open_authority(tmp_path / "b", "lozere", now_ms)
    stray = (tmp_path / "b" / "keys" / "ca.key").read_bytes()
    (tmp_path / "a" / "keys" / "ca.key").write_bytes(stray)
    with pytest.raises(KeyUnusable, match="does not belong"):
        open_authority(tmp_path / "a", "lozere", now_ms)
    long_name = Unit("reader", "a" * 40)
    key = ours.key.public_key()
    with pytest.raises(UnitNameTooLong, match="64"):
        ours.device_certificate("territoire-de-la-haute-vallee", long_name, key, now_ms)


def test_an_intermediate_serves_while_the_root_stays_offline(tmp_path):
    def authority(subject: str, issuer: str, key, signed_with) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - openssl judges by the real date
        names = [
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (subject, issuer)
        ]
        return (
            x509.CertificateBuilder()
            .subject_name(names[0])
            .issuer_name(names[1])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=900))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(signed_with, SHA256())
        )

    root, ours, device = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    chain = authority("lozere", "root", ours, root), authority("root", "root", root, root)
    keys = tmp_path / "keys"
    write_private(keys / "ca.key", private_pem(ours))
    write_private(keys / "ca.pem", "".join(pem_of(one) for one in chain).encode())
    now_ms = SystemClock().now_ms()
    opened = open_authority(tmp_path, "lozere", now_ms)
    own = opened.device_certificate("lozere", BUS, device.public_key(), now_ms)
    assert own.not_valid_after_utc <= chain[0].not_valid_after_utc
    (tmp_path / "own.pem").write_text(pem_of(own))
    verify = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", str(keys / "ca.pem")]
    done = subprocess.run([*verify, str(tmp_path / "own.pem")], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)


async def test_a_server_cannot_name_a_unit_that_is_a_way_out_of_the_directory(tmp_path):
    code = "0" * 20

    def server_of_somebody(_url: str, body: bytes) -> bytes:
        asked = read_envelope(body)
        answer = EnrolAnswer(
            device="d-1",
            territory="lozere",
            unit="../../etc",
            certificate="",
            authority="",
            signers={},
            broker_url=BROKER_URL,
        )
        return enclose(asked.invitation, key_of(code), "answer", msgspec.json.encode(answer))

    with pytest.raises(EnrolmentRefused, match="unreadable"):
        enrol(tmp_path / "id", "https://softplace", code, "pi-1", server_of_somebody)


def test_what_is_given_to_the_agents_user_is_a_link_and_not_what_it_points_to(tmp_path):
    own = tmp_path / "bus"
    own.mkdir()
    (own / "trap").symlink_to(tmp_path / "not there, as chown would say")
    give_away(tmp_path, own, os.geteuid(), os.getegid())


async def test_a_list_read_before_a_revocation_does_not_stay(server, tmp_path):
    async with server.serving():
        answer = await server.enrol(tmp_path / "id", server.invite("bus/b1"))
    now_ms = server.clock.now_ms()
    authority = open_authority(server.data, "lozere", now_ms)

    class Overtaken:
        """While this process signs, another revokes the device and is quicker."""

        is_first = True

        def revocation_list(self, revoked, at_ms: int) -> bytes:
            if self.is_first:
                self.is_first = False
                with writing(server.records) as connection:
                    end_service(connection, answer.device, "stolen", at_ms)
            return authority.revocation_list(revoked, at_ms)

    path = write_revocations(server.records, Overtaken(), server.data, now_ms)  # type: ignore[arg-type]
    assert not openssl_trusts(load_identity(tmp_path / "id" / "bus" / "identity"), path)

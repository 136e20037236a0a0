"""A device changes its key and certificate together, asked twice or once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.devices.authority import open_authority, pem_of, requested_key
from contract.clock import SystemClock
from contract.topics import Unit
from edge.agent.renewal import Renewal
from edge.agent.tls_keys import certificate_request, is_for_key, new_tls_key


@pytest.fixture
def directory(tmp_path) -> Path:
    place = tmp_path / "identity"
    place.mkdir()
    (place / "tls.key").write_bytes(new_tls_key())
    (place / "tls.crt").write_text("old")
    return place


def certificate_for(csr: str, tmp_path: Path) -> str:
    now_ms = SystemClock().now_ms()
    authority = open_authority(tmp_path, "lozere", now_ms)
    key = requested_key(csr)
    return pem_of(authority.device_certificate("lozere", Unit("bus", "b1"), key, now_ms))


async def test_until_the_certificate_comes_nothing_changes_and_asking_again_asks_the_same(
    directory, tmp_path
):
    old = (directory / "tls.key").read_bytes()
    renewal = Renewal(directory)
    first, second = [json.loads((await renewal.handle({})).text)["csr"] for _ in range(2)]
    assert (directory / "tls.key").read_bytes() == old
    assert requested_key(first).public_numbers() == requested_key(second).public_numbers()
    brought = certificate_for(first, tmp_path)
    for _ in range(2):
        assert (await renewal.handle({"certificate": brought})).answer == "done"
    assert (directory / "tls.crt").read_text() == brought
    assert is_for_key(brought, (directory / "tls.key").read_bytes())
    assert not list(directory.glob("*.next"))


async def test_a_certificate_for_another_key_is_not_taken(directory, tmp_path):
    renewal = Renewal(directory)
    await renewal.handle({})
    strange = certificate_for(certificate_request(new_tls_key()), tmp_path)
    for told in (strange, "junk"):
        result = await renewal.handle({"certificate": told})
        assert (result.answer, (directory / "tls.crt").read_text()) == ("failed", "old")

"""TLS: a client certificate is enough, and each mistake has its sentence."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from tests.link.conftest import MakeLink, running
from tests.link.readings import position
from tests.link.scripted_backend import ScriptedBackend
from tests.link.waits import now_boot, settled, until_logged
from tests.peers.certificates import CertificateAuthority
from tests.peers.mosquitto import ServerTls, running_mosquitto


async def test_a_device_connects_with_its_certificate_and_says_what_is_wrong_without(
    tmp_path: Path, make_link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    authority = CertificateAuthority(tmp_path / "ca")
    server = authority.server()
    device = authority.client("b1")
    tls = ServerTls(authority.ca_file, server.cert_file, server.key_file, True)
    directory = tmp_path / "tls"
    directory.mkdir()
    with running_mosquitto(directory, tls=tls) as broker:
        backend = ScriptedBackend(broker.address)
        backend.start(tls=(authority.ca_file, device.cert_file, device.key_file))
        files = {
            "ca_file": authority.ca_file,
            "cert_file": device.cert_file,
            "key_file": device.key_file,
        }
        link = make_link(broker=broker.address, **files)
        async with running(link):
            link.put(position(1, now_boot()))
            await settled(link)
        link.close()
        assert backend.numbers("position") == [1]
        backend.stop()

        for changes, words in (
            ({**files, "ca_file": None}, "its certificate is not trusted"),
            ({**files, "ca_file": tmp_path / "none.crt"}, "none.crt cannot be read"),
            ({"ca_file": authority.ca_file}, "it may want a client certificate"),
        ):
            caplog.clear()
            broken = make_link(broker=broker.address, **changes)
            async with running(broken):
                await until_logged(caplog, words)
            broken.close()
            assert "Traceback" not in caplog.text

        caplog.clear()
        plain = make_link(broker=replace(broker.address, tls=False))
        async with running(plain):
            await until_logged(caplog, "write mqtts:// where it wants TLS")
        plain.close()

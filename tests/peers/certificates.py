"""A certificate authority for tests, made by the real `openssl` command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate and of its key."""

    cert_file: Path
    key_file: Path


class CertificateAuthority:
    """Issues server and client certificates under `directory`; `ca_file` is what peers trust."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed (apt install openssl)")
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.ca_file = directory / "ca.crt"
        self._ca_key = directory / "ca.key"
        self._issued = 0
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=softplace test authority"),
            *("-keyout", str(self._ca_key), "-out", str(self.ca_file)),
        )

    def server(self, host: str = "localhost") -> Certificate:
        return self._issue(host, f"subjectAltName=DNS:{host},IP:127.0.0.1")

    def client(self, common_name: str) -> Certificate:
        """A device's certificate; slashes in the name stay part of it."""
        return self._issue(common_name, "extendedKeyUsage=clientAuth")

    def revocation_list(self, *revoked: Certificate) -> Path:
        """The list of withdrawn certificates, empty without arguments."""
        config = self._directory / "ca.cnf"
        (self._directory / "index.txt").touch()
        config.write_text(
            "[ca]\ndefault_ca = this\n[this]\n"
            f"database = {self._directory / 'index.txt'}\n"
            f"certificate = {self.ca_file}\nprivate_key = {self._ca_key}\n"
            "default_md = sha256\ndefault_crl_days = 2\n"
        )
        for certificate in revoked:
            _openssl("ca", "-config", str(config), "-revoke", str(certificate.cert_file))
        path = self._directory / "ca.crl"
        _openssl("ca", "-config", str(config), "-gencrl", "-out", str(path))
        return path

    def _issue(self, common_name: str, extension: str) -> Certificate:
        self._issued += 1
        stem = self._directory / f"issued-{self._issued}"
        key, request, cert, extensions = (
            stem.with_suffix(suffix) for suffix in (".key", ".csr", ".crt", ".ext")
        )
        extensions.write_text(extension + "\n")
        escaped = common_name.replace("/", "\\/").replace("+", "\\+")
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", f"/CN={escaped}", "-keyout", str(key), "-out", str(request)),
        )
        _openssl(
            *("x509", "-req", "-in", str(request), "-days", "2", "-extfile", str(extensions)),
            *("-CA", str(self.ca_file), "-CAkey", str(self._ca_key), "-CAcreateserial"),
            *("-out", str(cert)),
        )
        return Certificate(cert, key)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)

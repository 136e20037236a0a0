"""The territory's own certificate authority: device and broker certificates, revocation list.

Rules of this file: it signs what it is told; who may have a certificate is decided elsewhere. The
key is a file of its owner alone. A device's common name is `<territory>/<kind>/<unit>`, which
the broker makes its topics out of; the name `backend` is never given out.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.devices.errors import KeyUnusable, RequestUnusable, UnitNameTooLong
from backend.devices.key_files import key_file
from backend.devices.signing_key import KEYS_DIRECTORY
from contract.topics import Unit

CA_KEY = "ca.key"
CA_CERTIFICATES = "ca.pem"
MOST_NAME_CHARACTERS = 64
"""X.520's bound of a common name."""
DEVICE_DAYS = 730
AUTHORITY_DAYS = 20 * 365
LIST_DAYS = 3_650
"""A broker whose revocation list has run out refuses everybody."""
BEFORE = dt.timedelta(days=1)
"""Certificates begin a day early: the clock of a Pi that just booted is a little behind."""
_END = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """The signing certificate with its key; `chain` is it and what stands above it, PEM."""

    certificate: x509.Certificate
    chain: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def device_certificate(
        self, territory: str, unit: Unit, key: ec.EllipticCurvePublicKey, now_ms: int
    ) -> x509.Certificate:
        """A client certificate for `unit`. Raises UnitNameTooLong."""
        return self._sign(
            common_name(territory, unit), key, now_ms, ExtendedKeyUsageOID.CLIENT_AUTH
        )

    def broker_certificate(
        self, hosts: Iterable[str], key: ec.EllipticCurvePublicKey, now_ms: int
    ) -> x509.Certificate:
        """A server certificate for host names and addresses; the first is its name."""
        names = [_general_name(host) for host in hosts]
        return self._sign(
            str(names[0].value)[:MOST_NAME_CHARACTERS],
            key,
            now_ms,
            ExtendedKeyUsageOID.SERVER_AUTH,
            names,
        )

    def revocation_list(self, revoked: Iterable[tuple[str, int]], now_ms: int) -> bytes:
        """The list of (serial in hex, when revoked in ms), PEM."""
        now = _moment(now_ms)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - BEFORE)
            .next_update(now + dt.timedelta(days=LIST_DAYS))
            .add_extension(x509.CRLNumber(now_ms), critical=False)
        )
        for serial, at_ms in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(_moment(at_ms)).build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        now_ms: int,
        usage: x509.ObjectIdentifier,
        alternatives: list[x509.GeneralName] | None = None,
    ) -> x509.Certificate:
        now = _moment(now_ms)
        last = self.certificate.not_valid_after_utc - _END
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BEFORE)
            .not_valid_after(min(now + dt.timedelta(days=DEVICE_DAYS), last))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        return builder.sign(self.key, SHA256())


def common_name(territory: str, unit: Unit) -> str:
    """The name in a device's certificate. Raises UnitNameTooLong."""
    name = f"{territory}/{unit}"
    if len(name) > MOST_NAME_CHARACTERS:
        raise UnitNameTooLong(name)
    return name


def requested_key(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """The key of a request that is signed with it. Raises RequestUnusable."""
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        key = csr.public_key()
    except Exception as error:  # the library raises what its parsers raise
        raise RequestUnusable(f"unreadable ({error})") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestUnusable("its key is not on the curve P-256")
    if not csr.is_signature_valid:
        raise RequestUnusable("it is not signed with its own key")
    return key


def open_authority(data: Path, territory: str, now_ms: int) -> Authority:
    """The authority of the installation whose data lie in `data`, made where there is none.

    Raises KeyUnusable.
    """
    directory = data / KEYS_DIRECTORY
    key = _load_key(directory / CA_KEY, key_file(directory / CA_KEY, _new_key))
    path = directory / CA_CERTIFICATES
    pem = key_file(path, lambda: _self_signed(territory, key, now_ms))
    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
    except ValueError as error:
        raise KeyUnusable(path, f"it is no certificate ({error})") from error
    if certificate.public_key() != key.public_key():
        raise KeyUnusable(path, f"its first certificate does not belong to {CA_KEY}")
    return Authority(certificate, pem.decode("ascii", errors="replace"), key)


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def serial_of(certificate: x509.Certificate) -> str:
    """A certificate's serial as the records have it: lower-case hex."""
    return f"{certificate.serial_number:x}"


def serial_in(pem: str) -> str:
    """The serial of a certificate of ours."""
    return serial_of(x509.load_pem_x509_certificate(pem.encode()))


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as it lies in its file."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load_key(path: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(path, f"it is no key ({error})") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnusable(path, "it is not an elliptic-curve key")
    return key


def _new_key() -> bytes:
    return private_pem(ec.generate_private_key(ec.SECP256R1()))


def _self_signed(territory: str, key: ec.EllipticCurvePrivateKey, now_ms: int) -> bytes:
    now = _moment(now_ms)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"SoftPlace {territory}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + dt.timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _moment(at_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_ms // 1_000, dt.UTC)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

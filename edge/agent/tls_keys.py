"""Keys and requests for the certificate of a device (EC P-256).

Rules of this file: `cryptography` is loaded when a key is needed, that is at enrolment and at
renewal; an agent that runs does without these parts of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def new_tls_key() -> bytes:
    """A new private key, PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_request(key_pem: bytes) -> str:
    """A request signed with that key, PEM; the authority decides on the name."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(_key(key_pem), SHA256()).public_bytes(Encoding.PEM).decode()


def sign(key_pem: bytes, message: bytes) -> bytes:
    """An ECDSA signature over `message`, DER."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return _key(key_pem).sign(message, ec.ECDSA(SHA256()))


def is_for_key(certificate_pem: str, key_pem: bytes) -> bool:
    """Whether the certificate is of that key."""
    from cryptography import x509  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        return certificate.public_key() == _key(key_pem).public_key()
    except ValueError:
        return False


def _key(pem: bytes) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the TLS key is not an elliptic-curve key")
    return key

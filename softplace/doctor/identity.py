"""Check for the identity of a device: whole, for this unit, not about to run out."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

if TYPE_CHECKING:
    from edge.agent.identity import DeviceIdentity

ENROL = "softplace device invite on the server, then: sudo softplace device enrol"
PRIVATE = ("tls.key", "box.key")
NEAR_DAYS = 180
"""Renewal begins eight months before the end; this late it has not worked for two."""


async def identity(subject: Subject) -> Finding:
    """The device has the keys and the certificate of its unit."""
    from edge.agent.errors import InvalidIdentity  # noqa: PLC0415 - absent on a server
    from edge.agent.identity import load_identity  # noqa: PLC0415

    if subject.identity is None:
        return not_checked("the configuration names none: no commands, no rights", ENROL)
    if not subject.identity.is_dir():
        return failed(f"{subject.identity} is missing: this device was never enrolled", ENROL)
    try:
        found = load_identity(subject.identity)
    except InvalidIdentity as error:
        return failed(str(error), ENROL)
    open_keys = [name for name in PRIVATE if _others_read(found.directory / name)]
    if open_keys:
        files = " ".join(str(found.directory / name) for name in open_keys)
        return failed(f"others may read {', '.join(open_keys)}", f"chmod 600 {files}")
    return _judge(subject, found)


def _judge(subject: Subject, found: DeviceIdentity) -> Finding:
    from cryptography import x509  # noqa: PLC0415 - for this check alone
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificate(found.cert_file.read_bytes())
    except (OSError, ValueError) as error:
        return failed(f"{found.cert_file}: {error}", ENROL)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else ""
    wanted = f"{subject.territory_name}/{subject.unit}"
    if name != wanted:
        return failed(f"the certificate is of {name}, the configuration says {wanted}", ENROL)
    end = certificate.not_valid_after_utc
    now = dt.datetime.fromtimestamp(subject.clock.now_ms() / 1_000, dt.UTC)
    left_days = (end - now).days
    if left_days < 0:
        return failed(f"the certificate ran out on {end.date()} (or this clock is wrong)", ENROL)
    if left_days < NEAR_DAYS:
        renew = f"on the server: softplace device renew {subject.unit}"
        return warning(f"the certificate runs out on {end.date()}, in {left_days} days", renew)
    return ok(f"{name}, certificate until {end.date()}")


def _others_read(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)

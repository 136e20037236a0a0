"""Certificates renewed over MQTT, in two commands: ask for a request, bring the certificate.

Rules of this file: a request counts only if it is signed with the key of a certificate that the
device has. An old certificate is revoked when the device has said that it uses the new one.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Connection

from backend.devices.addressing import serving
from backend.devices.assignments import unit_of
from backend.devices.authority import Authority, requested_key, serial_in
from backend.devices.command_rows import (
    FINAL,
    OrderedCommand,
    done_commands,
    newest_of,
    order,
    settle,
    text_of,
)
from backend.devices.enrolment import given_certificate
from backend.devices.errors import RequestUnusable
from backend.devices.registry import (
    Device,
    GivenCertificate,
    certificates_of,
    put_certificate,
    read_devices,
    revoke_others,
)
from contract.topics import parse_unit

RENEW = "renew"
LIFE_MS = 24 * 3_600_000
"""Of each command: it waits at the broker for a device that is away."""
BY = "renewal"


class _Request(msgspec.Struct, frozen=True):
    """What a device answers; nothing but this is read of what it says."""

    csr: str
    signature: str


def order_due(connection: Connection, now_ms: int) -> list[str]:
    """Order a renewal for each device in service past two thirds of its certificate's life."""
    ordered = []
    for device in read_devices(connection):
        unit = unit_of(connection, device.device, now_ms)
        if device.ended_ms is not None or unit is None:
            continue
        usable = _usable(connection, device.device)
        if not usable:
            # It can neither connect nor prove a request; only a new enrolment helps.
            continue
        # The oldest that is not revoked: a newer one may never have reached the device.
        certificate = usable[-1]
        life_ms = certificate.expires_ms - certificate.issued_ms
        last = newest_of(connection, unit, RENEW)
        lately = last is not None and now_ms < last.ordered_ms + LIFE_MS
        if now_ms >= certificate.issued_ms + life_ms * 2 // 3 and not lately:
            order(connection, unit, RENEW, {}, BY, now_ms, LIFE_MS)
            ordered.append(unit)
    return ordered


def advance(connection: Connection, authority: Authority, territory: str, now_ms: int) -> bool:
    """Deal with renewals that devices have answered; True where a certificate was revoked."""
    revoked = False
    for row in done_commands(connection, RENEW):
        text = text_of(connection, row)
        if text is None:
            continue
        device = serving(connection, parse_unit(row.unit), now_ms)
        if device is None:
            settle(connection, row.nonce, "failed", "the device is out of service")
        elif brought := json.loads(row.arguments).get("certificate"):
            serial = serial_in(brought)
            if any(one.serial == serial for one in _usable(connection, device.device)):
                revoke_others(connection, device.device, serial, now_ms)
                revoked = True
            # Else it was the certificate of a device that has been replaced since.
            settle(connection, row.nonce, "certified", None)
        else:
            _certify(connection, authority, territory, row, device, text, now_ms)
    return revoked


def is_settled(row: OrderedCommand) -> bool:
    """Whether nothing more will become of this command."""
    return row.state in FINAL and (row.command != RENEW or row.state != "done")


def _certify(
    connection: Connection,
    authority: Authority,
    territory: str,
    row: OrderedCommand,
    device: Device,
    text: str,
    now_ms: int,
) -> None:
    try:
        key = _proven_key(text, _usable(connection, device.device))
    except RequestUnusable as error:
        settle(connection, row.nonce, "failed", str(error)[:280])
        return
    signed = authority.device_certificate(territory, parse_unit(row.unit), key, now_ms)
    given = given_certificate(signed, device.device, row.unit, now_ms)
    put_certificate(connection, given)
    arguments: dict[str, Any] = {"certificate": given.pem}
    order(connection, row.unit, RENEW, arguments, row.ordered_by, now_ms, LIFE_MS)
    settle(connection, row.nonce, "certified", None)


def _usable(connection: Connection, device: str) -> list[GivenCertificate]:
    """What the device may be using, newest first."""
    return [one for one in certificates_of(connection, device) if one.revoked_ms is None]


def _proven_key(text: str, usable: list[GivenCertificate]) -> ec.EllipticCurvePublicKey:
    """The key of the request in `text`, signed with one that we know. Raises RequestUnusable."""
    try:
        told = msgspec.json.decode(text, type=_Request)
        csr, signature = told.csr, bytes.fromhex(told.signature)
    except (ValueError, RecursionError) as error:
        raise RequestUnusable("the device's answer is unreadable") from error
    for given in usable:
        known = x509.load_pem_x509_certificate(given.pem.encode()).public_key()
        if not isinstance(known, ec.EllipticCurvePublicKey):
            continue
        try:
            known.verify(signature, csr.encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            continue
        return requested_key(csr)
    raise RequestUnusable("it is not signed with the key that the device has now")

"""A device asks with its code and is given its identity, once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import msgspec
from cryptography import x509
from sqlalchemy import Connection, Engine

from backend.devices.assignments import device_in, put_device_in
from backend.devices.authority import Authority, pem_of, requested_key, serial_of
from backend.devices.errors import InvitationRefused, RequestUnusable
from backend.devices.invitations import (
    Invitation,
    count_wrong_try,
    mark_used,
    read_invitation,
)
from backend.devices.registry import (
    Device,
    GivenCertificate,
    certificates_of,
    end_service,
    put_certificate,
    put_device,
)
from backend.devices.retirement import return_to_service
from backend.devices.sealing import Signer
from backend.records.transaction import writing
from contract.enrolment import (
    EnrolAnswer,
    EnrolmentRefused,
    EnrolRequest,
    Envelope,
    disclose,
    enclose,
    read_envelope,
)
from contract.topics import parse_unit

REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Office:
    """What enrolling needs: the territory, its keys, and where its broker is for devices."""

    territory: str
    authority: Authority
    signer: Signer
    broker_url: str


def enrol(engine: Engine, office: Office, payload: bytes, now_ms: int) -> bytes:
    """The answer to a request, as both go over HTTP.

    Raises EnrolmentRefused (unreadable) and InvitationRefused (the reason in a word).
    """
    envelope = read_envelope(payload)
    with writing(engine) as connection:
        invitation = read_invitation(connection, envelope.invitation)
        refusal = _refusal(invitation, now_ms)
        if invitation is None or refusal is not None:
            raise InvitationRefused(refusal or "unknown")
        key = bytes.fromhex(invitation.key_hash)
        answer = None
        body = _believed(envelope, key)
        if body is None:
            count_wrong_try(connection, invitation.invitation)
        else:
            answer = _answered(connection, office, invitation, body, now_ms)
    if answer is None:
        # Only now, so that the wrong try is kept.
        raise InvitationRefused("wrong_code")
    return enclose(invitation.invitation, key, "answer", msgspec.json.encode(answer))


def _believed(envelope: Envelope, key: bytes) -> bytes | None:
    try:
        return disclose(envelope, key, "ask")
    except EnrolmentRefused:
        return None


def _refusal(invitation: Invitation | None, now_ms: int) -> str | None:
    if invitation is None:
        return "unknown"
    if invitation.is_burnt:
        return "burnt"
    return "expired" if now_ms >= invitation.expires_ms else None


def _answered(
    connection: Connection, office: Office, invitation: Invitation, body: bytes, now_ms: int
) -> EnrolAnswer:
    request_hash = hashlib.sha256(body).hexdigest()
    if invitation.device is None:
        try:
            request = msgspec.json.decode(body, type=EnrolRequest)
            given = _admit(connection, office, invitation.unit, request, now_ms)
        except (msgspec.DecodeError, RecursionError, RequestUnusable) as error:
            raise InvitationRefused("unusable") from error
        if not mark_used(connection, invitation.invitation, given.device, request_hash):
            raise InvitationRefused("used")
    elif invitation.request_hash == request_hash:
        # The answer was lost on its way: the same device asks again.
        given = certificates_of(connection, invitation.device)[0]
    else:
        raise InvitationRefused("used")
    return EnrolAnswer(
        device=given.device,
        territory=office.territory,
        unit=given.unit,
        certificate=given.pem,
        authority=office.authority.chain,
        signers={office.signer.key_id: office.signer.public_bytes.hex()},
        broker_url=office.broker_url,
    )


def _admit(
    connection: Connection, office: Office, unit: str, request: EnrolRequest, now_ms: int
) -> GivenCertificate:
    """A new device in `unit`; the one before it is out of service."""
    key = requested_key(request.csr)
    device = f"d-{secrets.token_hex(6)}"
    before = device_in(connection, unit, now_ms)
    if before is not None:
        end_service(connection, before, REPLACED, now_ms)
    box_public = bytes.fromhex(request.box_public)
    put_device(connection, Device(device, request.machine_serial, box_public, now_ms))
    certificate = office.authority.device_certificate(
        office.territory, parse_unit(unit), key, now_ms
    )
    given = given_certificate(certificate, device, unit, now_ms)
    put_certificate(connection, given)
    put_device_in(connection, device, unit, now_ms)
    return_to_service(connection, unit)
    return given


def given_certificate(
    certificate: x509.Certificate, device: str, unit: str, now_ms: int
) -> GivenCertificate:
    """The row of a certificate that was just signed."""
    expires_ms = int(certificate.not_valid_after_utc.timestamp() * 1_000)
    serial = serial_of(certificate)
    return GivenCertificate(serial, device, unit, pem_of(certificate), now_ms, expires_ms)

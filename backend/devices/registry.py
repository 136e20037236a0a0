"""The devices that were enrolled, and their certificates."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from backend.devices.assignments import end_device
from backend.records.statements import execute_many, query
from backend.records.text import printable


class Device(NamedTuple):
    """One enrolment of one machine; in service while `ended_ms` is None."""

    device: str
    machine_serial: str
    box_public: bytes
    """Its X25519 public key, 32 bytes."""
    enrolled_ms: int
    ended_ms: int | None = None
    end_reason: str | None = None


class GivenCertificate(NamedTuple):
    """A certificate as it was given out; `serial` is lower-case hex."""

    serial: str
    device: str
    unit: str
    pem: str
    issued_ms: int
    expires_ms: int
    revoked_ms: int | None = None


_DEVICE_COLUMNS = "device, machine_serial, box_public, enrolled_ms, ended_ms, end_reason"
_CERTIFICATE_COLUMNS = "serial, device, unit, pem, issued_ms, expires_ms, revoked_ms"
_PUT_DEVICE = f"INSERT INTO device ({_DEVICE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
_PUT_CERTIFICATE = (
    f"INSERT INTO device_certificate ({_CERTIFICATE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)
_END = "UPDATE device SET ended_ms = ?, end_reason = ? WHERE device = ? AND ended_ms IS NULL"
_REVOKE = "UPDATE device_certificate SET revoked_ms = ? WHERE device = ? AND revoked_ms IS NULL"
_REVOKE_OTHERS = f"{_REVOKE} AND serial <> ?"


def put_device(connection: Connection, device: Device) -> None:
    """A device was enrolled."""
    row = device._replace(machine_serial=printable(device.machine_serial, 64))
    execute_many(connection, _PUT_DEVICE, [(*row[:2], device.box_public.hex(), *row[3:])])


def put_certificate(connection: Connection, given: GivenCertificate) -> None:
    """A certificate was given out."""
    execute_many(connection, _PUT_CERTIFICATE, [given])


def read_device(connection: Connection, device: str) -> Device | None:
    """One device, whatever its state."""
    rows = query(connection, f"SELECT {_DEVICE_COLUMNS} FROM device WHERE device = ?", (device,))  # noqa: S608
    return _device(rows[0]) if rows else None


def read_devices(connection: Connection) -> list[Device]:
    """Every device that was ever enrolled, oldest first."""
    rows = query(connection, f"SELECT {_DEVICE_COLUMNS} FROM device ORDER BY enrolled_ms, device")  # noqa: S608
    return [_device(row) for row in rows]


def certificates_of(connection: Connection, device: str) -> list[GivenCertificate]:
    """The certificates of a device, newest first."""
    statement = (
        f"SELECT {_CERTIFICATE_COLUMNS} FROM device_certificate"  # noqa: S608
        " WHERE device = ? ORDER BY issued_ms DESC, serial"
    )
    return [GivenCertificate(*row) for row in query(connection, statement, (device,))]


def revoked_certificates(connection: Connection, now_ms: int) -> list[GivenCertificate]:
    """Certificates that were revoked and would still be valid."""
    statement = (
        f"SELECT {_CERTIFICATE_COLUMNS} FROM device_certificate"  # noqa: S608
        " WHERE revoked_ms IS NOT NULL AND expires_ms > ? ORDER BY revoked_ms, serial"
    )
    return [GivenCertificate(*row) for row in query(connection, statement, (now_ms,))]


def revoke_others(connection: Connection, device: str, serial: str, at_ms: int) -> None:
    """The device uses certificate `serial` now: its others are worth nothing."""
    execute_many(connection, _REVOKE_OTHERS, [(at_ms, device, serial)])


def end_service(connection: Connection, device: str, reason: str, at_ms: int) -> None:
    """`device` is out: certificates revoked, assignment ended. Its row stays as history."""
    execute_many(connection, _END, [(at_ms, reason, device)])
    execute_many(connection, _REVOKE, [(at_ms, device)])
    end_device(connection, device, at_ms)


def _device(row: tuple[Any, ...]) -> Device:
    name, serial, box, enrolled_ms, ended_ms, reason = row
    return Device(name, serial, bytes.fromhex(box), enrolled_ms, ended_ms, reason)

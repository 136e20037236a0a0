"""The backend's half of the rights: what signs and seals them for one device."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.devices.sealing import Addressee, Signer, seal
from contract.codec import encode
from contract.rights import Delta, Snapshot, chunks_of, encode_rights
from contract.topics import Unit
from edge.copass.at_rest import SealedFile
from edge.copass.durable_files import Files
from edge.copass.rights_assembly import Edition
from edge.copass.rights_store import NOTHING, RightsStore
from edge.link.sealed import SealOpener

TERRITORY = "lozere"
DOOR = Unit("reader", "mende")
BOX = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("lozere-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
FORGER = Signer("lozere-1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))


def opener() -> SealOpener:
    keys = {SIGNER.key_id: SIGNER.public_bytes}
    return SealOpener(TERRITORY, DOOR, BOX.private_bytes_raw(), keys)


def frames(snapshot: Snapshot, term: int = 1, signer: Signer = SIGNER) -> list[bytes]:
    to = Addressee(TERRITORY, DOOR, BOX.public_key().public_bytes_raw())
    chunks = chunks_of(encode_rights(snapshot))
    return [
        encode(
            seal(
                signer,
                to,
                "rights",
                body,
                term=term,
                version=snapshot.version,
                chunk=number,
                chunks=len(chunks),
            )
        )
        for number, body in enumerate(chunks)
    ]


def delta_frame(delta: Delta, term: int = 1, version: int | None = None) -> bytes:
    to = Addressee(TERRITORY, DOOR, BOX.public_key().public_bytes_raw())
    body = encode_rights(delta)
    signed = delta.version if version is None else version
    return encode(seal(SIGNER, to, "rights_delta", body, term=term, version=signed))


def store(
    directory: Path, files: Files, key: bytes = bytes(32), least: Edition = NOTHING
) -> RightsStore:
    def sealed(name: str) -> SealedFile:
        return SealedFile(directory / f"{name}.sealed", key, name, files, secrets.token_bytes)

    return RightsStore(sealed("rights"), sealed("floor"), opener(), least)

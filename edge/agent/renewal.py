"""The command `renew`: a new key and its request, then the certificate.

Rules of this file: the new pair is decided by one rename (identity_files.py); until then the
present one stands, and asking again gives a request for the same new key.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from edge.agent.commands import CommandResult
from edge.agent.identity_files import (
    CERTIFICATE,
    NEXT,
    READABLE,
    TLS_KEY,
    finish_renewal,
    write_file,
)
from edge.agent.tls_keys import certificate_request, is_for_key, new_tls_key, sign


class Renewal:
    """Handles `renew` for the identity in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def handle(self, arguments: dict[str, Any]) -> CommandResult:
        """Without `certificate`: make a request. With it: use it from the next connection on."""
        certificate = arguments.get("certificate")
        if certificate is None:
            return await asyncio.to_thread(self._request)
        return await asyncio.to_thread(self._use, str(certificate))

    def _request(self) -> CommandResult:
        path = self._directory / (TLS_KEY + NEXT)
        if not path.exists():
            write_file(path, new_tls_key())
        csr = certificate_request(path.read_bytes())
        signature = sign((self._directory / TLS_KEY).read_bytes(), csr.encode())
        return CommandResult("done", text=json.dumps({"csr": csr, "signature": signature.hex()}))

    def _use(self, certificate: str) -> CommandResult:
        if is_for_key(certificate, (self._directory / TLS_KEY).read_bytes()):
            # Brought twice: the key is in place already.
            write_file(self._directory / CERTIFICATE, certificate.encode(), READABLE)
            return CommandResult("done")
        path = self._directory / (TLS_KEY + NEXT)
        if not path.exists() or not is_for_key(certificate, path.read_bytes()):
            return CommandResult("failed", "it is not for the key that was made here")
        write_file(self._directory / (CERTIFICATE + NEXT), certificate.encode(), READABLE)
        finish_renewal(self._directory)
        return CommandResult("done")

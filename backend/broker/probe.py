"""Asks a broker whether it is there and lets us in: one CONNECT, one answer, one DISCONNECT."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path

from backend.broker.errors import BrokerRefusedUs, BrokerUnreachable
from contract.broker_url import BrokerAddress

ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a client trusts and, where the broker asks for it, its own certificate."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """The TLS context of a client."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context


async def probe_broker(address: BrokerAddress, tls: ClientTls | None = None) -> None:
    """Return if the broker answers and accepts the credentials of `address`.

    Raises BrokerUnreachable and BrokerRefusedUs.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            code = await _connect(address, tls or ClientTls())
    except TimeoutError as error:
        why = f"no answer within {ANSWER_WITHIN_S:.0f} s"
        raise BrokerUnreachable(address.shown, why) from error
    except asyncio.IncompleteReadError as error:
        why = "it closed the connection without an answer"
        raise BrokerUnreachable(address.shown, why) from error
    except ssl.SSLError as error:
        raise BrokerUnreachable(address.shown, f"TLS: {error.reason or error}") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise BrokerUnreachable(address.shown, why) from error
    if code:
        raise BrokerRefusedUs(address.shown, address.username, code)


async def _connect(address: BrokerAddress, tls: ClientTls) -> int:
    context = tls.context() if address.tls else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    try:
        writer.write(connect_bytes(address, f"softplace-probe-{secrets.token_hex(4)}"))
        answer = await reader.readexactly(4)
        writer.write(b"\xe0\x00")
    finally:
        writer.close()
    return answer[3]


def connect_bytes(address: BrokerAddress, client_id: str) -> bytes:
    """A CONNECT of MQTT 3.1.1 with a clean session and no will."""
    flags = 0x02
    payload = _text(client_id)
    if address.username is not None:
        flags |= 0x80
        payload += _text(address.username)
        if address.password is not None:
            flags |= 0x40
            payload += _text(address.password)
    body = _text("MQTT") + bytes((4, flags)) + (30).to_bytes(2, "big") + payload
    length = bytearray()
    remaining = len(body)
    while remaining >= 128:
        length.append(remaining & 0x7F | 0x80)
        remaining >>= 7
    length.append(remaining)
    return b"\x10" + bytes(length) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded

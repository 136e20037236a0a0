"""Who is there, asked before anything of a session is touched.

Mends amqtt: it empties or takes over the session of a client id first and looks at the password
afterwards, so that a stranger who knows a client id can cut it off; it waits for a CONNECT
forever; and it publishes a will its client could not publish itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from amqtt.adapters import BufferReader, StreamWriterAdapter
from amqtt.broker import BrokerContext
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import (
    CONNECTION_ACCEPTED,
    IDENTIFIER_REJECTED,
    NOT_AUTHORIZED,
    UNACCEPTABLE_PROTOCOL_VERSION,
)
from amqtt.mqtt.packet import CONNECT
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.manager import PluginManager
from amqtt.session import Session

from backend.broker.access import Access, Permissions
from backend.broker.mended.packets import (
    MalformedPacket,
    Packet,
    connack_bytes,
    read_packet,
)

MQTT_3_1_1 = 4


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A client that may enter: what its CONNECT said, and what it may do."""

    session: Session
    permissions: Permissions


class NotSignedIn(MQTTError):
    """A client that may not enter; it has been told the code."""

    def __init__(self, client_id: str | None, why: str) -> None:
        self.client_id = client_id
        self.why = why
        super().__init__(why)


async def sign_in(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    access: Access,
    plugins: PluginManager[BrokerContext],
) -> SignedIn:
    """Read the CONNECT and check it. Raises NotSignedIn, having answered where MQTT says so."""
    packet = await read_packet(reader)
    if packet.kind != CONNECT:
        raise NotSignedIn(None, "the first packet is not a CONNECT")
    if packet.body[:6] == b"\0\4MQTT" and packet.body[6:7] != bytes((MQTT_3_1_1,)):
        # Asked before amqtt parses the rest, which a newer protocol lays out differently.
        writer.write(connack_bytes(UNACCEPTABLE_PROTOCOL_VERSION))
        raise NotSignedIn(None, "it does not speak MQTT 3.1.1")
    session = await _parse_connect(packet, writer, plugins)
    name = certified_name(writer)
    if name is None:
        permissions = access.sign_in(session.username, session.password)
    else:
        permissions = access.certified(name)
        session.username = name
    # Never needed again, and not to be kept for as long as a session may live.
    session.password = None
    code = _verdict(session, permissions)
    if permissions is None or code != CONNECTION_ACCEPTED:
        writer.write(connack_bytes(code))
        why = "wrong user name or password" if permissions is None else "its will is not its own"
        raise NotSignedIn(session.client_id, why)
    return SignedIn(session, permissions)


def certified_name(writer: asyncio.StreamWriter) -> str | None:
    """The common name in the client's certificate, None where it was not asked for one."""
    certificate = writer.get_extra_info("peercert")
    if not certificate:
        return None
    names = [value for rdn in certificate["subject"] for key, value in rdn if key == "commonName"]
    return str(names[0]) if names else ""


def reject_identifier(writer: asyncio.StreamWriter, client_id: str | None) -> NotSignedIn:
    """Answer a client whose id belongs to the session of another account."""
    writer.write(connack_bytes(IDENTIFIER_REJECTED))
    return NotSignedIn(client_id, "its client id belongs to another account")


def _verdict(session: Session, permissions: Permissions | None) -> int:
    if permissions is None:
        return NOT_AUTHORIZED
    if session.will_flag and not permissions.may_publish(session.will_topic or ""):
        return NOT_AUTHORIZED
    return CONNECTION_ACCEPTED


async def _parse_connect(
    packet: Packet, writer: asyncio.StreamWriter, plugins: PluginManager[BrokerContext]
) -> Session:
    whole = BufferReader(packet.header.to_bytes() + packet.body)
    try:
        _, session = await BrokerProtocolHandler.init_from_connect(
            whole, StreamWriterAdapter(writer), plugins
        )
    except (AMQTTError, MQTTError, NoDataError, ValueError, OSError) as error:
        raise MalformedPacket(f"CONNECT: {error}") from error
    return session

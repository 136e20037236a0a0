"""amqtt 0.12.1 as it comes, in a process of its own: PORT [PASSWORD_FILE]."""

from __future__ import annotations

import asyncio
import sys

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig


async def main(port: str, password_file: str | None) -> None:
    plugins: dict[str, dict[str, object]] = {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
    }
    if password_file:
        plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": password_file}}
    listeners = {"default": ListenerConfig(bind=f"127.0.0.1:{port}")}
    await Broker(BrokerConfig(listeners=listeners, plugins=plugins)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))

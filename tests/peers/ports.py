"""Free ports for servers that must come back on the same port after being killed."""

from __future__ import annotations

import os
import random
import socket


def free_port() -> int:
    """A loopback port nobody listens on, below the range the kernel gives to outgoing connections.

    A port of that range could be taken by any client between the death of a server and its
    restart, or even be dialled from itself while nobody listens.
    """
    chance = random.Random(f"{os.getpid()}-{os.urandom(8).hex()}")  # noqa: S311 - not a secret
    for _ in range(200):
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    message = "no free loopback port between 20000 and 32000"
    raise RuntimeError(message)

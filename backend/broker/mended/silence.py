"""A peer that says nothing for one and a half keep-alives is gone (MQTT 3.1.1, 3.1.2.10).

Mends amqtt: its read time-out does nothing, so the will of a vehicle whose radio link died is
never spoken.
"""

from __future__ import annotations

from collections.abc import Callable

from contract.clock import Clock

GRACE = 1.5


async def silence(clock: Clock, keepalive_s: float, heard_s: Callable[[], float]) -> float:
    """Return, with the seconds of silence, once the peer has been silent for too long.

    `heard_s` tells when its last packet came, on the clock's monotonic scale.
    """
    limit_s = keepalive_s * GRACE
    while True:
        silent_s = clock.monotonic_s() - heard_s()
        if silent_s >= limit_s:
            return silent_s
        await clock.sleep(limit_s - silent_s)

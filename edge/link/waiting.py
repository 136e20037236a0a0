"""Waiting for something, but not for ever, on the program's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from contract.clock import Clock


async def wait_at_most(
    clock: Clock, seconds: float, awaited: asyncio.Future[Any] | Coroutine[Any, Any, Any]
) -> bool:
    """True where `awaited` was done within `seconds`; a future is left as it is, else."""
    ours = asyncio.iscoroutine(awaited)
    future = asyncio.ensure_future(awaited)
    tick = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({tick, future}, return_when=asyncio.FIRST_COMPLETED)
        return future.done()
    finally:
        tick.cancel()
        if ours:
            future.cancel()

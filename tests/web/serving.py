"""The pages on a real port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from backend.web.http_server import listening_socket, serve_app


@contextlib.asynccontextmanager
async def serving(app: Starlette, port: int = 0) -> AsyncIterator[str]:
    """The URL of `app`, served until the block ends; a port of 0 is chosen by the system."""
    listening = listening_socket("127.0.0.1", port)
    ready = asyncio.Event()
    task = asyncio.create_task(serve_app(app, listening, ready))
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)

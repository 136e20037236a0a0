"""What the tests of the link wait for."""

from __future__ import annotations

import asyncio

import pytest

from contract.clock import ManualClock, SystemClock
from edge.link.service import Link


def now_boot() -> int:
    return SystemClock().boot_ms()


async def settled(link: Link) -> None:
    async with asyncio.timeout(15):
        await link.settled()


async def settled_on(clock: ManualClock, link: Link) -> None:
    async with asyncio.timeout(15):
        waiting = asyncio.create_task(link.settled())
        while not waiting.done():
            await clock.advance(0.1)


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    await until_true(lambda: words in caplog.text)


async def until_sessions(link: Link, count: int) -> None:
    await until_true(lambda: link._sessions >= count)


async def until_true(claim: object) -> None:
    clock = SystemClock()
    async with asyncio.timeout(15):
        while not claim():
            await clock.sleep(0.02)

"""A long outage: the whole backlog goes, live messages stay live, memory stays small."""

from __future__ import annotations

import asyncio

from contract.ranges import RangeSet
from tests.link.conftest import MakeLink, running
from tests.link.readings import position
from tests.link.scripted_backend import ScriptedBackend
from tests.link.waits import now_boot


async def test_two_thousand_messages_drain_while_a_live_one_goes_before_them(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    for n in range(2_000):
        link.put(position(n, now_boot()))
    async with running(link):
        await backend.until(lambda: len(backend.of("position")) > 20)
        link.put(position(2_000, now_boot()))
        await backend.until(lambda: 2_001 in backend.numbers("position"))
        async with asyncio.timeout(30):
            await link.settled()
    assert backend.stored("position") == RangeSet([(1, 2_002)])
    numbers = backend.numbers("position")
    assert len(numbers) == 2_001
    assert numbers.index(2_001) < 1_500, "it queued behind the two thousand"
    assert link.health().oldest_age_s is None

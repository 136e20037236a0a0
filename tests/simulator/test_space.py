"""A space's day: people through two beams, counted by the real agent."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from contract.broker_url import BrokerAddress
from contract.clock import SimulatedClock, SystemClock
from contract.territory_file import load_territory
from edge.agent.service import Agent
from edge.link.reading import Reading
from edge.space_agent.building import build_space_agent
from simulator import space as space_module
from simulator.duty import midnight_ms
from simulator.space import Neighbourhood, SimulatedSpace
from simulator.territories import build
from simulator.visits import inside_at, visits_of

TERRITORY = load_territory(Path(build.__file__).with_name("lozere.json"))
THURSDAY, SUNDAY = date(2026, 11, 12), date(2026, 11, 15)
MINUTE_MS = 60_000
SPACES = {space.unit: space for space in TERRITORY.spaces}


def test_visits_stay_within_opening_hours_and_nobody_comes_on_a_closed_day():
    for space in TERRITORY.spaces:
        midnight = midnight_ms(THURSDAY, TERRITORY.timezone)
        visits = visits_of(space, THURSDAY, TERRITORY.timezone, 1)
        assert visits == visits_of(space, THURSDAY, TERRITORY.timezone, 1)
        for visit in visits:
            assert midnight + space.opens_min * MINUTE_MS <= visit.in_ms < visit.out_ms
            assert visit.out_ms < midnight + space.closes_min * MINUTE_MS
        assert inside_at(visits, midnight + space.closes_min * MINUTE_MS) == 0
        assert visits_of(space, SUNDAY, TERRITORY.timezone, 1) == ()


class OneVisit(SimulatedSpace):
    """A space that three people enter at once, and two leave again after five minutes."""

    def _due(self) -> int:
        began_s = self.__dict__.setdefault("began_s", self._around.clock.monotonic_s())
        return 3 if self._around.clock.monotonic_s() - began_s < 300 else 1


async def test_the_agent_counts_who_comes_and_goes(tmp_path, monkeypatch):
    """Through chip, beams and presence sensor to the words given to the link."""
    said: list[dict[str, Any]] = []

    def hear(reading: Reading) -> None:
        if reading.stream == "occupancy":
            said.append(dict(reading.body))

    def built(*arguments: Any) -> Agent:
        agent = build_space_agent(*arguments)
        monkeypatch.setattr(agent.link, "put", hear)
        return agent

    monkeypatch.setattr(space_module, "build_space_agent", built)
    real = SystemClock()
    clock = SimulatedClock(real.now_ms(), real.now_ms() - 86_400_000, 60.0)
    space = SPACES["space/mende"]
    near = Neighbourhood(
        territory=TERRITORY.territory,
        timezone=TERRITORY.timezone,
        broker=BrokerAddress("127.0.0.1", 1),
        data=tmp_path,
        clock=clock,
        speed=60.0,
        seed=1,
    )
    living = asyncio.create_task(OneVisit(space, None, near).live())
    try:
        async with asyncio.timeout(30):
            while not said or sum(line["left"] for line in said) < 2:
                await real.sleep(0.05)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    assert said[-1]["persons"] == 1
    assert sum(line["entered"] for line in said) == 3
    assert sum(line["left"] for line in said) == 2
    assert any(line.get("rezeroed") for line in said), "it was sure of the empty room first"

"""The reader at the door of a bus with its real parts; loaded only where there is one."""

from __future__ import annotations

import random
from pathlib import Path

from contract.clock import Clock
from edge.agent.copass import build_station
from edge.agent.service import Work
from edge.drivers.card_head import card_reader
from edge.link.service import Link
from edge.truck_agent.aboard import Aboard
from edge.truck_agent.boarding import Boarding
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.fitting import stops_of
from edge.truck_agent.sections import ReaderSection


def fit_reader(
    config: TruckAgentConfig,
    told: ReaderSection,
    directory: Path,
    aboard: Aboard,
    link: Link,
    clock: Clock,
    chance: random.Random,
) -> None:
    """Add the reader and the co-pass to what is aboard. Raises what the files at rest raise."""
    station = build_station(config, directory, link, clock)
    reader, parts = card_reader(told, clock, chance), aboard.parts
    parts.boarding = Boarding(
        reader, station, told.place, stops_of(parts.itinerary), parts.counter, clock
    )
    for name, run in (*station.works(), ("boarding", parts.boarding.run)):
        aboard.add(Work(name, run))
    aboard.at_end(station.journal.close)

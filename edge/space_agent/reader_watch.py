"""An alarm where a reader head stays away."""

from __future__ import annotations

from contract.clock import Clock
from contract.uplink import AlarmKind
from edge.drivers.card_reader import CardReader
from edge.space_agent.alarms import SpaceAlarms

LOOK_S = 1.0
LOST_AFTER_S = 10.0
"""A reader that was plugged in again at once raises nothing."""
LOST: AlarmKind = "reader_lost"


class ReaderWatch:
    """Looks at one reader once a second, for ever."""

    def __init__(self, name: str, reader: CardReader, alarms: SpaceAlarms, clock: Clock) -> None:
        self._name = name
        self._reader = reader
        self._alarms = alarms
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        lost_since_s: float | None = None
        while True:
            now_s = self._clock.monotonic_s()
            if self._reader.connected:
                lost_since_s = None
                self._alarms.clear(LOST, self._name)
            elif lost_since_s is None:
                lost_since_s = now_s
            elif now_s - lost_since_s >= LOST_AFTER_S:
                self._alarms.raise_once(LOST, self._name, "the card reader does not answer")
            await self._clock.sleep(LOOK_S)

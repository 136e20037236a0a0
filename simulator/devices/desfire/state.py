"""A card with power: what is selected, which key is authenticated, what it waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simulator.devices.desfire.memory import PICC, Application, CardMemory, DataFile, Key
from simulator.devices.desfire.messaging import Session
from simulator.devices.desfire.status import Refused, Status

Step: TypeAlias = tuple[Status, bytes]
"""A status and the data before it."""
MASTER_KEY = 0


class CardState:
    """From the moment the card comes to power. `random_bytes` gives as many as it is asked."""

    def __init__(self, memory: CardMemory, random_bytes: Callable[[int], bytes]) -> None:
        self.memory = memory
        self.random_bytes = random_bytes
        self.selected = PICC
        self.session: Session | None = None
        self.goes_on: Callable[[bytes], Step] | None = None
        """What the next AF frame continues."""

    @property
    def application(self) -> Application:
        """The one selected."""
        return self.memory.applications[self.selected.hex()]

    @property
    def at_card_level(self) -> bool:
        """Whether no application is selected."""
        return self.selected == PICC

    @property
    def is_master(self) -> bool:
        """Whether the selected application's key 0 is authenticated."""
        return self.session is not None and self.session.key_number == MASTER_KEY

    def key(self, number: int) -> Key:
        """Raises Refused where the application has no such key."""
        if number >= len(self.application.keys):
            raise Refused(Status.NO_SUCH_KEY)
        return self.application.keys[number]

    def file(self, number: int) -> DataFile:
        """Raises Refused where there is no such file."""
        if number not in self.application.files:
            raise Refused(Status.FILE_NOT_FOUND)
        return self.application.files[number]

    def authenticated(self) -> Session:
        """Raises Refused where no key is authenticated."""
        if self.session is None:
            raise Refused(Status.AUTHENTICATION_ERROR)
        return self.session

    def demand_master(self, *, unless: bool = False) -> None:
        """Raises Refused where key 0 is needed and not authenticated."""
        if not unless and not self.is_master:
            raise Refused(Status.AUTHENTICATION_ERROR)

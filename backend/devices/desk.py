"""The enrolment desk: what the HTTP face calls, with the keys of the territory at hand."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from backend.devices.authority import open_authority
from backend.devices.enrolment import Office, enrol
from backend.devices.revocation import write_revocations
from backend.devices.signing_key import open_signer
from contract.clock import Clock


class EnrolmentDesk:
    """Answers enrolment requests, on real time.

    Args:
        engine: the records store.
        data: where the keys lie; they are made where there are none.
        territory: whose devices these are.
        broker_url: what devices are told to connect to.
        clock: real time.

    Raises KeyUnusable.
    """

    def __init__(
        self, engine: Engine, data: Path, territory: str, broker_url: str, clock: Clock
    ) -> None:
        self._engine = engine
        self._data = data
        self._clock = clock
        authority = open_authority(data, territory, clock.now_ms())
        self._office = Office(territory, authority, open_signer(data), broker_url)
        # The broker does not start without one.
        write_revocations(engine, authority, data, clock.now_ms())

    def answer(self, payload: bytes) -> bytes:
        """The answer to one request. Raises EnrolmentRefused and InvitationRefused."""
        now_ms = self._clock.now_ms()
        answer = enrol(self._engine, self._office, payload, now_ms)
        write_revocations(self._engine, self._office.authority, self._data, now_ms)
        return answer

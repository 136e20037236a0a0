"""A store over a server: live rows straight to it, and through the spool when it is away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from backend.telemetry.circuit import Circuit
from backend.telemetry.delivery import deliver, is_expired
from backend.telemetry.errors import (
    BodyTooLarge,
    LinesRefused,
    TelemetryRefused,
    TelemetryUnavailable,
)
from backend.telemetry.line_protocol import lines_by_database
from backend.telemetry.line_server import MAX_LINES, LineServer
from backend.telemetry.model import Row
from backend.telemetry.server_reader import ServerReader
from backend.telemetry.spool import Refused, Spool
from contract.clock import Clock, SystemClock

log = logging.getLogger(__name__)

DISK_PAUSE_S = 5.0
"""Between tries when the spool's own disk fails while it is drained."""
MAX_REASONS_SAID = 20


class SpooledTelemetry(ServerReader):
    """Writes from one thread; a second one drains the spool, oldest first."""

    def __init__(
        self, server: LineServer, spool: Spool, pacing: Clock | None = None, *, drains: bool = True
    ) -> None:
        super().__init__(server)
        self._spool = spool
        self._circuit = Circuit(pacing or SystemClock(), server.shown)
        self._pacing = pacing or SystemClock()
        self._prepared = True
        self._reasons_said: set[str] = set()
        self._something_waits = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drain, name="spool", daemon=True)
        if drains:
            self._thread.start()

    def prepare(self) -> None:
        try:
            self._server.prepare()
        except TelemetryUnavailable as error:
            self._prepared = False
            self._circuit.breaks(error)
            self._something_waits.set()

    def write(self, rows: Sequence[Row]) -> None:
        chunks = [
            (database, lines[start : start + MAX_LINES])
            for database, lines in lines_by_database(rows).items()
            for start in range(0, len(lines), MAX_LINES)
        ]
        left = [chunk for chunk in chunks if not self._sent(*chunk)]
        if left:
            self._spool.append(left)
            self._something_waits.set()

    def mark(self, number: int, epoch: str, at_ms: int) -> None:
        if self._circuit.broken:
            raise TelemetryUnavailable(f"{self._server.shown} is away; no mark is set")
        self.write_mark(number, epoch, at_ms)

    def spooled(self) -> int:
        return self._spool.rows

    def refused(self, limit: int = 1_000) -> list[Refused]:
        """Lines the server refused for good, newest first."""
        return self._spool.refused(limit)

    def close(self) -> None:
        self._stopping.set()
        self._something_waits.set()
        if self._thread.is_alive():
            self._thread.join()
        self._spool.close()
        super().close()

    def drain_step(self) -> bool:
        """Give the server one request's worth of what waits; False where nothing is left.

        Called by the thread; a store opened with `drains=False` has it called by its owner.
        Raises TelemetryUnavailable where the spool's own disk fails.
        """
        refused: dict[bytes, str] = {}
        waiting = self._spool.oldest(MAX_LINES)
        try:
            if not self._prepared or (waiting is None and self._circuit.broken):
                self._server.prepare()
                self._prepared = True
            elif waiting is None:
                return False
            if waiting is not None:
                refused = deliver(self._server, waiting.database, waiting.lines)
        except (TelemetryUnavailable, TelemetryRefused) as error:
            self._circuit.breaks(error)
            return True
        self._circuit.heals(self._spool.rows)
        if waiting is not None:
            self._spool.settle(waiting, self._worth_keeping(waiting.database, refused))
        return True

    def _sent(self, database: str, lines: Sequence[str]) -> bool:
        """Whether the server has the lines; what it refuses is sorted out from the spool."""
        if self._circuit.broken:
            return False
        try:
            self._server.write(database, "\n".join(lines).encode())
        except (LinesRefused, BodyTooLarge):
            return False
        except (TelemetryUnavailable, TelemetryRefused) as error:
            self._circuit.breaks(error)
            return False
        return True

    def _worth_keeping(self, database: str, refused: Mapping[bytes, str]) -> dict[bytes, str]:
        """The refused lines, save those that are merely too old; says each reason once."""
        counts: dict[str, int] = {}
        for reason in refused.values():
            counts[reason] = counts.get(reason, 0) + 1
        for reason, count in counts.items():
            if reason not in self._reasons_said and len(self._reasons_said) < MAX_REASONS_SAID:
                self._reasons_said.add(reason)
                log.warning(
                    "telemetry=refused database=%s lines=%d expired=%s reason=%s",
                    database,
                    count,
                    is_expired(reason),
                    reason,
                )
        return {line: reason for line, reason in refused.items() if not is_expired(reason)}

    def _drain(self) -> None:
        said = False
        while not self._stopping.is_set():
            started_s = self._pacing.monotonic_s()
            try:
                more = self.drain_step()
                said = False
            except Exception:  # the thread must outlive whatever happens in one step
                if not said:
                    log.exception("spool=failing path=%s", self._spool.path)
                said = True
                self._stopping.wait(DISK_PAUSE_S)
                continue
            self._rest(more, self._pacing.monotonic_s() - started_s)

    def _rest(self, more: bool, worked_s: float) -> None:
        """Leave the server to live rows half of the time; wait out a broken circuit."""
        if self._circuit.broken:
            self._stopping.wait(self._circuit.wait_s())
        elif more:
            self._stopping.wait(worked_s)
        else:
            self._something_waits.wait()
            self._something_waits.clear()

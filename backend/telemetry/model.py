"""What goes into a time-series store and what may be asked of it.

A row is one accepted message. Its point is unique by construction: tags `kind`, `unit`,
`outbox`; time in nanoseconds of which the last six digits come from `seq`. Writing a row twice
therefore changes nothing, in every store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from contract.topics import Unit
from contract.uplink import Envelope


class Row(NamedTuple):
    """One message on its way into the store."""

    kind: str
    unit: str
    stream: str
    database: str
    """`RetentionClass.database` of contract.retention."""
    time_ns: int
    """observed_ms * 1_000_000 + seq % 1_000_000, or with the time of receipt."""
    message: Envelope


class TrackPoint(NamedTuple):
    """One stored position, as pages need it."""

    observed_ms: int
    latitude: float
    longitude: float
    speed_m_s: float | None
    course_deg: float | None
    odometer_m: float


class TelemetryReader(Protocol):
    """What other processes may ask of the store. Everything here blocks.

    Every method raises TelemetryUnavailable where the store cannot be asked.
    """

    def last_mark(self) -> tuple[int, str] | None:
        """Number and epoch of the mark written last; None where there is none."""
        ...

    def count(self, database: str, stream: str, unit: Unit) -> int:
        """Rows of `unit` in `stream`; rows still in the spool are not among them."""
        ...

    def newest(self, database: str, stream: str, unit: Unit) -> Mapping[str, object] | None:
        """The row with the latest time: tags, fields of the message that were given, time_ns."""
        ...

    def track(self, database: str, unit: Unit, start_ms: int, end_ms: int) -> list[TrackPoint]:
        """Positions whose point lies in [start_ms, end_ms), oldest first."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class TelemetryStore(TelemetryReader, Protocol):
    """A store that can be written. Everything here blocks; one thread calls it."""

    def prepare(self) -> None:
        """Create one database (bucket, set of tables) per retention class, with its retention.

        A server that does not answer now is prepared when it does. Raises TelemetryRefused,
        with one sentence, where it will never work as configured.
        """
        ...

    def write(self, rows: Sequence[Row]) -> None:
        """Return when every row is durable in the store or synced in the spool.

        Raises TelemetryUnavailable where neither can take them; writing again is harmless.
        """
        ...

    def mark(self, number: int, epoch: str, at_ms: int) -> None:
        """Replace the mark that shows later whether the store was replaced or restored.

        It is never spooled: raises TelemetryUnavailable where the store does not take it now.
        """
        ...

    def spooled(self) -> int:
        """Rows that wait on disk for the store."""
        ...

"""Bytes of a receiver to fixes, with the account of every sentence. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from edge.drivers.errors import SentenceRefused
from edge.drivers.nmea_epoch import REMEMBERED_EPOCHS, EpochMerger
from edge.drivers.nmea_fields import read_fields
from edge.drivers.nmea_sentence import Framer, Refusal, Sentence
from edge.drivers.plausible_dates import DateWindow
from edge.drivers.position_source import Fix, SourceCounters


class NmeaStream:
    """One receiver's stream, from plugging in to pulling out, and again."""

    def __init__(self, dates: DateWindow, remember: int = REMEMBERED_EPOCHS) -> None:
        self.sound_sentences = 0
        """Sentences with a right checksum, of any type: the sign that the line is understood."""
        self._framer = Framer()
        self._merger = EpochMerger(dates, remember)
        self._refused: Counter[str] = Counter()
        self._noise_before = 0
        self._ignored = 0
        self._bytes = 0
        self._fixes = 0

    def feed(self, data: bytes, boot_ms: int) -> list[Fix]:
        """The fixes that `data`, read at `boot_ms`, completes."""
        self._bytes += len(data)
        return self._count(self._take(self._framer.feed(data), boot_ms))

    def pause(self) -> list[Fix]:
        """The fix that need not wait any longer, the line being quiet."""
        return self._count(self._merger.pause())

    def end(self, boot_ms: int) -> list[Fix]:
        """The line is gone: what it leaves; the next byte begins a new line."""
        fixes = self._take(self._framer.end(), boot_ms) + self._merger.end()
        self._noise_before += self._framer.noise_bytes
        self._framer = Framer()
        return self._count(fixes)

    @property
    def waits(self) -> bool:
        """Whether an epoch waits for the rest of its sentences."""
        return self._merger.undecided > 0

    def counters(self, *, connected: bool) -> SourceCounters:
        """The account so far."""
        rejected = self._refused + self._merger.rejected
        parts = self._merger.used + self._ignored + rejected.total() + self._merger.undecided
        return SourceCounters(
            sentences=parts,
            used=self._merger.used,
            ignored=self._ignored,
            rejected=dict(sorted(rejected.items())),
            undecided=self._merger.undecided,
            noise_bytes=self._noise_before + self._framer.noise_bytes,
            bytes_received=self._bytes,
            fixes=self._fixes,
            connected=connected,
        )

    def _take(self, pieces: Iterable[Sentence | Refusal], boot_ms: int) -> list[Fix]:
        fixes: list[Fix] = []
        for piece in pieces:
            if isinstance(piece, Refusal):
                self._refused[piece.reason] += 1
                continue
            self.sound_sentences += 1
            try:
                record = read_fields(piece.line)
            except SentenceRefused as refusal:
                self._refused[refusal.reason] += 1
                continue
            if record is None:
                self._ignored += 1
            else:
                fixes += self._merger.take(record, boot_ms)
        return fixes

    def _count(self, fixes: list[Fix]) -> list[Fix]:
        self._fixes += len(fixes)
        return fixes

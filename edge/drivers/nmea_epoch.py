"""Sentences of one UTC epoch become one fix, dated, and never twice.

Rules of this file: pure; every record given is counted once, as used or under a reason. The
rules themselves stand in README.md, with the recordings that taught them.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date

from edge.drivers.nmea_fields import VOID, Gga, Gst, Place, Record, Rmc, Zda
from edge.drivers.plausible_dates import DAY_MS, DateWindow, midnight_ms
from edge.drivers.position_source import Fix

DATE_UNKNOWN = "date_unknown"
DATE_IMPLAUSIBLE = "date_implausible"
REPEATED_EPOCH = "repeated_epoch"

REMEMBERED_EPOCHS = 4_096
"""Over an hour at 1 Hz: a receiver whose clock steps back is caught, and memory is bounded."""

HALF_DAY_MS = DAY_MS // 2
DATE_KEPT_MS = 11 * 3_600_000
"""A carried date is worth nothing once half a day may have passed unheard."""
ACCURACY_KEPT_MS = 10_000
MIN_SATELLITES = 4
"""Three satellites give a position by assuming the height, and no sound time."""


@dataclass(slots=True)
class _Epoch:
    """What is known of the moment whose sentences are arriving."""

    time_ms: int
    boot_ms: int
    place: Place | None = None
    speed_m_s: float | None = None
    course_deg: float | None = None
    accuracy_m: float | None = None
    quality: int | None = None
    satellites: int | None = None
    rmc_date: date | None = None
    zda_date: date | None = None
    sentences: int = 0
    """Those with a position, waiting for the verdict."""
    has_valid_rmc: bool = False
    has_valid_gga: bool = False
    told: bool = False
    """Its fix has been handed on; what comes still of this moment adds nothing."""


@dataclass(slots=True)
class EpochMerger:
    """Merges RMC, GGA, ZDA and GST; `dates` says which dates may be believed."""

    dates: DateWindow
    remember: int = REMEMBERED_EPOCHS
    used: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    _open: _Epoch | None = None
    _told: set[int] = field(default_factory=set)
    _told_in_order: deque[int] = field(default_factory=deque)
    _dated_ms: int | None = None
    """The last moment whose date was known, UTC."""
    _dated_boot_ms: int = 0
    _gst: tuple[int, float] | None = None

    @property
    def undecided(self) -> int:
        """Sentences that wait for the rest of their epoch."""
        return self._open.sentences if self._open and not self._open.told else 0

    def take(self, record: Record, boot_ms: int) -> list[Fix]:
        """The fixes that `record` completes: none, one, or at a change of epoch up to two."""
        if isinstance(record, Gst):
            self._take_accuracy(record)
            return []
        if record.time_ms is None:
            self.rejected[VOID] += 1  # one with a position was refused where it was read
            return []
        fixes = self._turn_to(record.time_ms, boot_ms)
        epoch = self._open
        assert epoch is not None  # noqa: S101 - _turn_to has just opened it
        if isinstance(record, Zda):
            self._take_zda(record, epoch)
        elif isinstance(record, Rmc):
            self._take_rmc(record, epoch)
        else:
            self._take_gga(record, epoch)
        if epoch.has_valid_rmc and epoch.has_valid_gga:
            fixes += self._tell(epoch)
        return fixes

    def pause(self) -> list[Fix]:
        """The line is quiet: hand on what has a date; what has none may still get one."""
        epoch = self._open
        if epoch is None or epoch.told or epoch.place is None or self._day_of(epoch) is None:
            return []
        return self._tell(epoch)

    def end(self) -> list[Fix]:
        """The line is gone: decide what is open; the date is not known any more."""
        fixes = self._close()
        self._dated_ms = None
        return fixes

    def _take_accuracy(self, record: Gst) -> None:
        self.used += 1
        if record.time_ms is not None and record.accuracy_m is not None:
            self._gst = (record.time_ms, record.accuracy_m)

    def _take_zda(self, record: Zda, epoch: _Epoch) -> None:
        if record.date in self.dates:
            self.used += 1
            epoch.zda_date = record.date
            self._carry(epoch, record.date)
        else:
            self.rejected[DATE_IMPLAUSIBLE] += 1

    def _take_rmc(self, record: Rmc, epoch: _Epoch) -> None:
        plausible = record.date is None or record.date in self.dates
        if record.place is None:
            self.rejected[VOID] += 1
        elif not plausible:
            self.rejected[DATE_IMPLAUSIBLE] += 1
        if record.date is not None and plausible and epoch.rmc_date is None:
            epoch.rmc_date = record.date
            self._carry(epoch, record.date)
        if record.place is None or not plausible or self._adds_nothing(epoch):
            return
        self._take_place(record.place, epoch)
        epoch.has_valid_rmc = True
        epoch.speed_m_s = record.speed_m_s if epoch.speed_m_s is None else epoch.speed_m_s
        epoch.course_deg = record.course_deg if epoch.course_deg is None else epoch.course_deg
        epoch.quality = record.quality if epoch.quality is None else epoch.quality

    def _take_gga(self, record: Gga, epoch: _Epoch) -> None:
        if record.place is None:
            self.rejected[VOID] += 1
            return
        if self._adds_nothing(epoch):
            return
        self._take_place(record.place, epoch)
        if not epoch.has_valid_gga:
            epoch.quality = record.quality
            epoch.satellites = record.satellites
            epoch.accuracy_m = record.accuracy_m
        epoch.has_valid_gga = True

    def _adds_nothing(self, epoch: _Epoch) -> bool:
        if epoch.told:
            self.used += 1
        return epoch.told

    def _take_place(self, place: Place, epoch: _Epoch) -> None:
        epoch.sentences += 1
        if epoch.place is None or place.decimals > epoch.place.decimals:
            epoch.place = place

    def _turn_to(self, time_ms: int, boot_ms: int) -> list[Fix]:
        if self._open is not None and self._open.time_ms == time_ms:
            return []
        fixes = self._close()
        self._open = _Epoch(time_ms, boot_ms)
        return fixes

    def _close(self) -> list[Fix]:
        epoch, self._open = self._open, None
        if epoch is None or epoch.told or epoch.place is None:
            return []
        return self._tell(epoch)

    def _tell(self, epoch: _Epoch) -> list[Fix]:
        """Decide: the fix of `epoch`, or nothing where it has no date or was told before."""
        if epoch.told or epoch.place is None:
            return []
        day = self._day_of(epoch)
        if day is None:
            self.rejected[DATE_UNKNOWN] += epoch.sentences
            epoch.sentences = 0
            return []
        observed_ms = midnight_ms(day) + epoch.time_ms
        epoch.told = True
        if observed_ms in self._told:
            self.rejected[REPEATED_EPOCH] += epoch.sentences
            return []
        self.used += epoch.sentences
        self._remember(observed_ms)
        self._dated_ms, self._dated_boot_ms = observed_ms, epoch.boot_ms
        return [self._fix(epoch, epoch.place, observed_ms)]

    def _fix(self, epoch: _Epoch, place: Place, observed_ms: int) -> Fix:
        known = epoch.satellites is None or epoch.satellites >= MIN_SATELLITES
        return Fix(
            observed_ms=observed_ms,
            latitude=place.latitude,
            longitude=place.longitude,
            speed_m_s=epoch.speed_m_s,
            course_deg=epoch.course_deg,
            accuracy_m=self._accuracy(epoch),
            fix_quality=epoch.quality or 1,
            satellites=epoch.satellites,
            boot_ms=epoch.boot_ms,
            dates_the_clock=epoch.has_valid_rmc and epoch.rmc_date is not None and known,
        )

    def _accuracy(self, epoch: _Epoch) -> float | None:
        if self._gst is not None and abs(epoch.time_ms - self._gst[0]) <= ACCURACY_KEPT_MS:
            return self._gst[1]
        return epoch.accuracy_m

    def _day_of(self, epoch: _Epoch) -> date | None:
        """The day of `epoch`: its own RMC's, its own ZDA's, or the one carried from before."""
        if epoch.rmc_date or epoch.zda_date:
            return epoch.rmc_date or epoch.zda_date
        if self._dated_ms is None or epoch.boot_ms - self._dated_boot_ms > DATE_KEPT_MS:
            return None
        day_ms, last_ms = divmod(self._dated_ms, DAY_MS)
        if epoch.time_ms - last_ms < -HALF_DAY_MS:
            day_ms += 1
        elif epoch.time_ms - last_ms > HALF_DAY_MS:
            day_ms -= 1
        day = date.fromordinal(date(1970, 1, 1).toordinal() + day_ms)
        return day if day in self.dates else None

    def _carry(self, epoch: _Epoch, day: date) -> None:
        self._dated_ms, self._dated_boot_ms = midnight_ms(day) + epoch.time_ms, epoch.boot_ms

    def _remember(self, observed_ms: int) -> None:
        self._told.add(observed_ms)
        self._told_in_order.append(observed_ms)
        if len(self._told_in_order) > self.remember:
            self._told.discard(self._told_in_order.popleft())

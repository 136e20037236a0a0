"""What the screen shows now, and who waits for it to change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass

from contract.clock import Clock
from edge.card_reader.core import FREE_MODES
from edge.card_reader.screen.view import (
    Place,
    View,
    fault_view,
    free_view,
    ready_view,
    tapped_view,
)
from edge.card_reader.screen.words import LANGUAGES, Language, hour_text, say
from edge.copass.decision import Decision, Mode
from edge.copass.rights_table import RightsTable
from edge.copass.schedules import local_time
from edge.copass.time_keeper import Moment


@dataclass(frozen=True, slots=True)
class ScreenTexts:
    """What an operator settles."""

    language: Language = "fr"
    place: str = ""
    help_number: str = ""
    pulse_s: float = 5.0


class ScreenState:
    """The view as it changes with taps, faults and modes.

    Args:
        texts: of the operator.
        look: the time, and whether it is sure.
        table: the rights, for their time zone.
        clock: of the run.
        mode: of the door at start.
    """

    def __init__(
        self,
        texts: ScreenTexts,
        look: Callable[[], Moment],
        table: Callable[[], RightsTable],
        clock: Clock,
        mode: Mode,
    ) -> None:
        self._texts = texts
        self._look = look
        self._table = table
        self._clock = clock
        self._mode: Mode = mode
        self._is_faulty = False
        self._tap: tuple[Decision, bool, float] | None = None
        self._number = 0
        self._changed = asyncio.Event()

    def tapped(self, decision: Decision, *, opens: bool) -> None:
        """A card was answered."""
        self._tap = (decision, opens, self._clock.monotonic_s())
        self._tell()

    def failed(self) -> None:
        """A card could not be answered at all."""
        self.tapped(Decision(is_granted=True, reason="granted"), opens=False)

    def mode(self, mode: Mode) -> None:
        """The door has another mode."""
        self._mode = mode
        self._tell()

    def fault(self, *, is_faulty: bool) -> None:
        """Whether the reader is away."""
        if is_faulty != self._is_faulty:
            self._is_faulty = is_faulty
            self._tell()

    async def changed(self) -> None:
        """Return when there is something else to show."""
        await self._changed.wait()

    def shown(self) -> dict[str, object]:
        """The state as the page takes it: both languages, so that switching asks nobody."""
        place = self._place()
        views = {language: self._view(place, language) for language in LANGUAGES}
        told: dict[str, object] = {
            "number": self._number,
            "language": self._texts.language,
            "left_s": self._left_s(views[self._texts.language]),
        }
        for language, view in views.items():
            hour = view.left
            if hour is None and place.now_ms is not None:
                now = local_time(place.now_ms, place.zone)
                hour = hour_text(now.hour, now.minute, language)
            told[language] = asdict(view) | {
                "left": hour or "",
                "spoken": view.spoken,
                "switch": say("switch", language),
                "listen": say("listen", language),
                "no_answer": say("no_answer", language),
            }
        return told

    def _view(self, place: Place, language: Language) -> View:
        if self._tap is not None:
            decision, opens, since_s = self._tap
            view = tapped_view(decision, place, self._texts.pulse_s, language, opens=opens)
            if self._clock.monotonic_s() - since_s < (view.lasts_s or 0.0):
                return view
        if self._is_faulty:
            return fault_view(place, language)
        show = free_view if self._mode in FREE_MODES else ready_view
        return show(place, self._texts.place, language)

    def _left_s(self, view: View) -> float | None:
        """Seconds until the view is over by itself."""
        if view.lasts_s is None or self._tap is None:
            return None
        return max(self._tap[2] + view.lasts_s - self._clock.monotonic_s(), 0.0)

    def _place(self) -> Place:
        moment = self._look()
        now_ms = moment.utc_ms if moment.is_trusted else None
        return Place(self._table().zone, self._texts.help_number, now_ms)

    def _tell(self) -> None:
        self._number += 1
        self._changed.set()
        self._changed = asyncio.Event()

"""What stands on the screen for a decision: shape, title, lines, sound, and for how long.

Rules of this file: pure. The reason is the title, except where it would harm. Without a trusted
clock no hour is shown at all, only the number to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from edge.card_reader.screen.words import Language, day_text, hour_text, say
from edge.copass.decision import Decision
from edge.copass.schedules import local_time

Shape = Literal["badge", "tick", "cross", "question"]
Tone = Literal["ready", "granted", "refused", "unknown"]
GRANTED_S = 8.0
REFUSED_S = 10.0


@dataclass(frozen=True, slots=True)
class View:
    """One state of the screen, in one language."""

    tone: Tone
    shape: Shape
    title: str
    lines: tuple[str, ...] = ()
    right: str = ""
    """Footer, right."""
    left: str | None = None
    """Footer, left, instead of the hour."""
    sound: Tone | None = None
    lasts_s: float | None = None
    """None: until the next thing happens."""

    @property
    def spoken(self) -> str:
        """The same words, as sentences."""
        said = (self.title, *self.lines)
        return " ".join(words if words.endswith(".") else f"{words}." for words in said)


@dataclass(frozen=True, slots=True)
class Place:
    """What the words need to know of the door."""

    zone: tzinfo
    help_number: str
    now_ms: int | None
    """None without a trusted clock."""


def ready_view(place: Place, name: str, language: Language) -> View:
    """Nobody is there."""
    if place.now_ms is None:
        call, number = say("call", language), place.help_number
        return View("ready", "badge", say("ready", language), (name,), number, call)
    lines = (name,) if name else ()
    return View("ready", "badge", say("ready", language), lines, _help(place, language))


def free_view(place: Place, name: str, language: Language) -> View:
    """The door stands open to all."""
    lines = tuple(line for line in (name, say("free_access_more", language)) if line)
    return View(
        "granted", "tick", say("free_access", language), lines, _help(place, language), _left(place)
    )


def fault_view(place: Place, language: Language, lasts_s: float | None = None) -> View:
    """The reader or the journal does not work."""
    return View(
        "refused",
        "cross",
        say("door_fault", language),
        (say("call_us_more", language),),
        _help(place, language),
        _left(place),
        "refused",
        lasts_s,
    )


def tapped_view(
    decision: Decision, place: Place, pulse_s: float, language: Language, *, opens: bool
) -> View:
    """The answer to a tap."""
    if opens:
        return _granted(decision, place, pulse_s, language)
    if decision.is_granted:
        return fault_view(place, language, REFUSED_S)
    if decision.reason == "clock_unknown":
        return View(
            "unknown",
            "question",
            say("clock_unknown", language),
            (say("clock_unknown_more", language),),
            place.help_number,
            say("call", language),
            "unknown",
            REFUSED_S,
        )
    title, lines = _reason(decision, place, language)
    tone: Tone = "unknown" if decision.reason == "unknown_card" else "refused"
    shape: Shape = "question" if tone == "unknown" else "cross"
    return View(tone, shape, title, lines, _help(place, language), _left(place), tone, REFUSED_S)


def _granted(decision: Decision, place: Place, pulse_s: float, language: Language) -> View:
    initials, _, desk = decision.label.partition(",")
    lines = [say("hello", language, label=initials.strip())] if initials else []
    stay = [desk.strip()] if desk else []
    if decision.until_ms is not None and place.now_ms is not None:
        stay.append(say("until", language, t=_hour(decision.until_ms, place, language)))
    if stay:
        lines.append(", ".join(stay))
    if decision.warning == "anti_passback":
        lines.append(say("already_in", language))
    right = say("door_open", language, n=f"{pulse_s:.0f}")
    title = say("granted", language)
    return View("granted", "tick", title, tuple(lines), right, _left(place), "granted", GRANTED_S)


_PLAIN: dict[str, tuple[str, str | None]] = {
    "no_right_here": ("no_booking", None),
    "unknown_card": ("unknown_badge", "call_us_more"),
    "locked_down": ("closed", "closed_now"),
    "read_again": ("read_again", None),
}
"""Title and line of reasons that need no number; of what is not here the title is "call us"."""


def _reason(decision: Decision, place: Place, language: Language) -> tuple[str, tuple[str, ...]]:
    """Title and lines of a refusal."""
    match decision.reason:
        case "too_early":
            key = "closed" if decision.is_closed_hours else "too_early"
            return say(key, language), _when(key, decision.starts_ms, place, language)
        case "expired" if decision.kind == "booking":
            return say("too_late", language), _when("too_late", decision.until_ms, place, language)
        case "no_right_here" if decision.elsewhere:
            more = say("wrong_place_more", language, place=decision.elsewhere)
            return say("wrong_place", language), (more,)
        case "too_many_tries":
            wait = say("wait", language, n=f"{max(decision.wait_s, 1):.0f}")
            return wait, (say("wait_more", language),)
    title, more_key = _PLAIN.get(decision.reason, ("call_us", None))
    return say(title, language), (say(more_key, language),) if more_key else ()


def _when(key: str, moment_ms: int | None, place: Place, language: Language) -> tuple[str, ...]:
    if moment_ms is None or place.now_ms is None:
        return ()
    moment = local_time(moment_ms, place.zone)
    if moment.date() == local_time(place.now_ms, place.zone).date():
        return (say(f"{key}_more", language, t=_hour(moment_ms, place, language)),)
    return (say(f"{key}_day", language, d=day_text(moment.day, moment.month, language)),)


def _hour(moment_ms: int, place: Place, language: Language) -> str:
    moment = local_time(moment_ms, place.zone)
    return hour_text(moment.hour, moment.minute, language)


def _help(place: Place, language: Language) -> str:
    return say("help", language, tel=place.help_number) if place.help_number else ""


def _left(place: Place) -> str | None:
    return None if place.now_ms is not None else ""

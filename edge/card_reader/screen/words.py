"""What the screen says, French and English; the same words are spoken.

Rules of this file: pure. Never the reason that harms: a card that was taken back or does not
prove itself reads "call us", and the rest is told on the phone. Nothing here speaks of leaving:
that is always possible.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
NARROW = "\u202f"

WORDS: dict[str, tuple[str, str]] = {
    "ready": ("Posez votre badge", "Hold your badge here"),
    "granted": ("Entrez", "Come in"),
    "hello": ("Bonjour {label}", "Hello {label}"),
    "until": ("jusqu’à {t}", "until {t}"),
    "door_open": ("porte ouverte {n} s", "door open {n} s"),
    "too_early": ("Pas encore", "Not yet"),
    "too_early_more": ("Votre réservation commence à {t}.", "Your booking starts at {t}."),
    "too_early_day": ("Votre réservation commence le {d}.", "Your booking starts on {d}."),
    "too_late": ("C’est fini", "It is over"),
    "too_late_more": ("Votre réservation allait jusqu’à {t}.", "Your booking ended at {t}."),
    "too_late_day": ("Votre réservation est passée.", "Your booking is over."),
    "wrong_place": ("Pas ici", "Not here"),
    "wrong_place_more": ("Vous avez réservé à {place}.", "You booked at {place}."),
    "no_booking": ("Pas de réservation aujourd’hui", "No booking today"),
    "closed": ("Fermé", "Closed"),
    "closed_more": ("Ouvre à {t}.", "Opens at {t}."),
    "closed_day": ("Ouvre le {d}.", "Opens on {d}."),
    "closed_now": ("La porte est fermée pour l’instant.", "The door is closed at the moment."),
    "unknown_badge": ("Badge inconnu", "Unknown badge"),
    "call_us": ("Appelez-nous", "Call us"),
    "call_us_more": ("Appelez-nous.", "Call us."),
    "read_again": ("Posez encore une fois", "Hold it again"),
    "wait": ("Attendez {n} s", "Wait {n} s"),
    "wait_more": ("Puis posez encore une fois.", "Then hold it again."),
    "clock_unknown": ("Heure inconnue", "Time unknown"),
    "clock_unknown_more": (
        "Je ne peux pas vérifier votre réservation.",
        "I cannot check your booking.",
    ),
    "door_fault": ("La porte ne répond pas", "The door does not answer"),
    "free_access": ("Entrée libre", "Open to all"),
    "free_access_more": ("Poussez la porte.", "Push the door."),
    "already_in": ("Vous étiez déjà entré.", "You were already inside."),
    "help": ("Aide{narrow}: {tel}", "Help: {tel}"),
    "call": ("Appelez", "Call"),
    "switch": ("English", "Français"),
    "listen": ("Écouter", "Listen"),
    "no_answer": ("Cet écran ne répond plus", "This screen has stopped"),
}


def say(key: str, language: Language, **values: str) -> str:
    """The words of `key`."""
    french, english = WORDS[key]
    return (french if language == "fr" else english).format(narrow=NARROW, **values)


def hour_text(hour: int, minute: int, language: Language) -> str:
    """`8 h 12` and `14 h`; in English `8:12` and `14:00`."""
    if language == "en":
        return f"{hour}:{minute:02d}"
    minutes = f"{NARROW}{minute:02d}" if minute else ""
    return f"{hour}{NARROW}h{minutes}"


MONTHS: dict[Language, tuple[str, ...]] = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
}


def day_text(day: int, month: int, language: Language) -> str:
    """`3 novembre`, `1er mars`; `3 November`."""
    number = "1er" if day == 1 and language == "fr" else str(day)
    return f"{number} {MONTHS[language][month - 1]}"

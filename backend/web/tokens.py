"""Colours of all pages, by day and by night, and the contrasts they must keep."""

from __future__ import annotations

from typing import Literal, NamedTuple

Light = Literal["day", "night"]
LIGHTS: tuple[Light, ...] = ("day", "night")


class Token(NamedTuple):
    """A colour (sRGB) by day and by night."""

    name: str
    day: str
    night: str


TOKENS = (
    Token("paper", "#FAF8F3", "#0B1114"),
    Token("surface", "#FFFFFF", "#131C20"),
    Token("sunk", "#EFECE4", "#0F171A"),
    Token("line", "#D5D0C4", "#2C3A40"),
    Token("line-strong", "#7F796C", "#74878F"),
    Token("ink", "#14191B", "#F3EFE6"),
    Token("ink-2", "#434B50", "#BAC4C8"),
    Token("ink-3", "#5A6267", "#9AA7AD"),
    Token("sapin", "#123B3A", "#0E2B2B"),
    Token("sapin-2", "#1E5553", "#174040"),
    Token("on-sapin", "#F7F5EE", "#F3EFE6"),
    Token("on-sapin-2", "#BCD2CE", "#A9C2BE"),
    Token("genet", "#F4C430", "#E9BD3A"),
    Token("live", "#0B5CAD", "#8CC7FF"),
    Token("live-bg", "#E3EDF8", "#10283D"),
    Token("plan", "#434B50", "#BAC4C8"),
    Token("plan-bg", "#ECEAE3", "#1B262B"),
    Token("off", "#B02A0C", "#FF9E80"),
    Token("off-bg", "#FBE6DF", "#3A1A10"),
    Token("lost", "#6F4700", "#FFD35A"),
    Token("lost-bg", "#FFF1CC", "#33290B"),
    Token("lost-fill", "#F2B50C", "#FFD35A"),
    Token("on-status", "#FFFFFF", "#0B1114"),
    Token("on-lost", "#14191B", "#0B1114"),
    Token("focus-inner", "#14191B", "#E9BD3A"),
    Token("focus-outer", "#F4C430", "#0B1114"),
    # The map has its own ground; nothing is written on it in faint ink.
    Token("land", "#F1EEE6", "#141D21"),
    Token("beyond", "#E3DFD3", "#0B1114"),
    Token("border", "#B4AB99", "#4A5A61"),
    Token("main-road", "#94897A", "#5E6D74"),
    Token("road", "#CDC5B4", "#37464D"),
    Token("river", "#AFCBE0", "#27485F"),
)

_BY_NAME = {token.name: token for token in TOKENS}


class Pair(NamedTuple):
    """Two colours that meet, and the contrast ratio they must have."""

    front: str
    ground: str
    asked: float


PAIRS = (
    Pair("ink", "paper", 7.0),
    Pair("ink", "sunk", 7.0),
    Pair("ink", "surface", 7.0),
    Pair("ink", "land", 7.0),
    Pair("ink", "lost-bg", 7.0),
    Pair("ink-2", "paper", 7.0),
    Pair("ink-2", "sunk", 7.0),
    Pair("ink-3", "paper", 4.5),
    Pair("ink-3", "sunk", 4.5),
    Pair("line-strong", "paper", 3.0),
    Pair("line-strong", "surface", 3.0),
    Pair("on-sapin", "sapin", 7.0),
    Pair("on-sapin", "sapin-2", 7.0),
    Pair("on-sapin-2", "sapin", 4.5),
    Pair("on-sapin-2", "sapin-2", 4.5),
    Pair("genet", "sapin", 3.0),
    Pair("live", "paper", 4.5),
    Pair("live", "live-bg", 4.5),
    Pair("plan", "paper", 4.5),
    Pair("plan", "plan-bg", 4.5),
    Pair("off", "paper", 4.5),
    Pair("off", "off-bg", 4.5),
    Pair("lost", "paper", 4.5),
    Pair("lost", "lost-bg", 4.5),
    Pair("on-status", "live", 4.5),
    Pair("on-status", "off", 4.5),
    Pair("on-lost", "lost-fill", 4.5),
    # State shapes stand on the map too; the diamond counts by its outline.
    Pair("live", "land", 3.0),
    Pair("plan", "land", 3.0),
    Pair("off", "land", 3.0),
    Pair("lost", "land", 3.0),
    Pair("focus-inner", "paper", 3.0),
    Pair("focus-outer", "focus-inner", 3.0),
)


def colour(name: str, light: Light) -> str:
    """The value of a token."""
    token = _BY_NAME[name]
    return token.day if light == "day" else token.night


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two #RRGGBB colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def stylesheet() -> str:
    """The tokens as custom properties, by day and under `data-light="night"`."""
    day = "".join(f"--{token.name}:{token.day};" for token in TOKENS)
    night = "".join(f"--{token.name}:{token.night};" for token in TOKENS)
    return (
        f":root{{color-scheme:light;{day}}}\n"
        f':root[data-light="night"]{{color-scheme:dark;{night}}}\n'
    )


def _luminance(value: str) -> float:
    red, green, blue = (_linear(int(value[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

"""Contrasts: the build fails where a pair of colours falls under its limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.web import tokens
from backend.web.tokens import LIGHTS, PAIRS, Light, Pair, colour, contrast

STYLE = (Path(tokens.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.front}-on-{pair.ground}")
def test_every_pair_keeps_its_contrast(pair: Pair, light: Light):
    ratio = contrast(colour(pair.front, light), colour(pair.ground, light))
    assert ratio >= pair.asked, f"{ratio:.2f} is under {pair.asked}"


@pytest.mark.parametrize(
    ("front", "ground", "day", "night"),
    [
        ("ink", "paper", 16.70, 16.57),
        ("ink-3", "sunk", 5.27, 7.35),
        ("on-sapin-2", "sapin-2", 5.34, 6.05),
        ("live", "live-bg", 5.63, 8.42),
        ("lost", "lost-bg", 7.26, 10.06),
        ("on-lost", "lost-fill", 9.62, 13.32),
    ],
)
def test_the_formula_gives_the_printed_ratios(front: str, ground: str, day: float, night: float):
    assert contrast(colour(front, "day"), colour(ground, "day")) == pytest.approx(day, abs=0.01)
    assert contrast(colour(front, "night"), colour(ground, "night")) == pytest.approx(
        night, abs=0.01
    )


def test_the_stylesheet_names_only_tokens_there_are():
    names = set(re.findall(r"var\(--([a-z0-9-]+)\)", STYLE)) - {"u"}
    assert names <= {token.name for token in tokens.TOKENS}


def test_markets_and_spaces_keep_their_colours_by_night():
    fixed = set(re.findall(r"#[0-9A-Fa-f]{6}", STYLE))
    assert fixed == {"#F4C430", "#123B3A", "#14191B", "#F7F5EE"}
    assert contrast("#14191B", "#F4C430") >= 4.5
    assert contrast("#F7F5EE", "#123B3A") >= 4.5


def test_genet_is_never_a_text_colour():
    assert not re.search(r"(?<!-)color:\s*var\(--genet\)", STYLE)

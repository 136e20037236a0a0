"""The words of the pages."""

from __future__ import annotations

import re
import string

import pytest

from backend.web import words
from backend.web.words import reason, say

_VALUES = dict.fromkeys(
    (
        *("age", "n", "t", "s", "d", "tel", "place", "places", "next", "line", "when", "date"),
        *("hours", "name", "state", "reason", "stop", "held", "version"),
        *("rights", "cards"),
    ),
    "4",
)


@pytest.mark.parametrize("key", words.keys())
def test_every_key_is_said_in_both_languages(key: str):
    for language in ("fr", "en"):
        said = say(language, key, **_VALUES)  # type: ignore[arg-type]  # both literals
        assert said
        assert "{" not in said
        assert "!" not in said
        assert "'" not in said
    french = say("fr", key, **_VALUES)
    assert not re.search(r" [;:?%»]|« ", french), french


@pytest.mark.parametrize("key", words.keys())
def test_both_languages_need_the_same_values(key: str):
    needs = [
        {field for _, field, _, _ in string.Formatter().parse(text) if field}
        for text in words._WORDS[key]
    ]
    assert needs[0] == needs[1]


def test_a_reason_nobody_has_words_for_is_not_yet_known():
    assert reason("fr", "asteroid", "") == "Raison pas encore connue"
    assert reason("fr", "works", "au col de Finiels") == "Travaux au col de Finiels"

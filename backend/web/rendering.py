"""Templates, and what every one of them may use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.web import shapes
from backend.web.formats import NARROW, Language, age, lasting
from backend.web.formats import moment as day_and_time
from backend.web.moment import Moment
from backend.web.tokens import stylesheet
from backend.web.words import say

_HERE = Path(__file__).parent

ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _read(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


ASSETS: dict[str, tuple[str, bytes]] = {
    "style.css": ("text/css", (stylesheet() + _read("style.css")).encode()),
    "page.js": ("text/javascript", _read("page.js").encode()),
}
"""Name to media type and content; the whole of what a page loads."""

_DIGESTS = {name: hashlib.sha256(content).hexdigest()[:12] for name, (_, content) in ASSETS.items()}


def asset_path(name: str) -> str:
    """Where an asset is; another content has another address, so it may be kept for ever."""
    return f"/static/{_DIGESTS[name]}/{name}"


def asset(digest: str, name: str) -> tuple[str, bytes] | None:
    """Media type and content of an asset at its address."""
    return ASSETS[name] if _DIGESTS.get(name) == digest else None


class Renderer:
    """Renders templates in one language at one moment."""

    def __init__(self, language: Language, moment: Moment) -> None:
        self._modules: dict[str, Any] = {}
        self._values: dict[str, Any] = {
            "language": language,
            "narrow": NARROW,
            "w": partial(_words, language),
            "count": _counter(language, moment),
            "when": lambda at_ms: day_and_time(moment.at(at_ms), moment.local, language),
            "contact": "",
            "asset": asset_path,
            "shape": shapes.shape,
            "pictogram": shapes.pictogram,
            "shape_drawing": shapes.shape_drawing,
            "pictogram_drawing": shapes.pictogram_drawing,
            "truck": shapes.truck,
            "now_ms": moment.now_ms,
            "logo": shapes.LOGO,
        }

    def page(self, template: str, **values: Any) -> str:
        """A whole page."""
        return ENVIRONMENT.get_template(template).render(self._values | values)

    def part(self, template: str, macro: str, *arguments: Any) -> str:
        """One part: a macro of a template."""
        if template not in self._modules:
            self._modules[template] = ENVIRONMENT.get_template(template).make_module(self._values)
        return str(getattr(self._modules[template], macro)(*arguments)).strip()


def _words(language: Language, key: str, **values: object) -> str:
    return say(language, key, **values)


def _counter(language: Language, moment: Moment) -> Callable[[int, str], Markup]:
    def count(since_ms: int, kind: str) -> Markup:
        write = lasting if kind == "lasting" else age
        return Markup.escape(write(moment.at(since_ms), moment.local, language))

    return count

"""State shapes and pictograms as inline SVG: never a font glyph, always beside a word.

Rules of this file: a 24 by 24 box; colours come from classes of the stylesheet; every drawing is
hidden from screen readers, which hear the word beside it.
"""

from __future__ import annotations

from markupsafe import Markup

_SHAPES = {
    "live": (
        '<circle class="fill-live" cx="12" cy="12" r="11"/>'
        '<circle class="line-on-status" cx="12" cy="12" r="6.3" stroke-width="2.2"/>'
        '<circle class="fill-on-status" cx="12" cy="12" r="2.6"/>'
    ),
    "timetable": (
        '<circle class="line-plan" cx="12" cy="12" r="9.8" stroke-width="2.4"/>'
        '<path class="line-plan" stroke-width="2.4" stroke-linecap="round" '
        'stroke-linejoin="round" d="M12 6.6V12l3.8 2.6"/>'
    ),
    "not_coming": (
        '<rect class="fill-off" x="1" y="1" width="22" height="22" rx="3.5"/>'
        '<path class="line-on-status" stroke-width="3" stroke-linecap="round" '
        'd="M7.2 7.2l9.6 9.6M16.8 7.2l-9.6 9.6"/>'
    ),
    "no_contact": (
        '<path class="fill-lost" stroke-width="1.6" stroke-linejoin="round" '
        'd="M12 .9L23.1 12 12 23.1.9 12z"/>'
        '<path class="line-on-lost" stroke-width="2.1" stroke-linecap="round" '
        'stroke-linejoin="round" d="M9.2 9.6a2.9 2.9 0 1 1 4.4 2.5c-1 .6-1.6 1.2-1.6 2.3"/>'
        '<circle class="fill-on-lost" cx="12" cy="17.4" r="1.4"/>'
    ),
}
_SHAPES["live_ageing"] = _SHAPES["live"]

_PICTOGRAMS = {
    "truck": (
        '<path d="M2.2 5.2h11.3v11.6H9.4M4.6 16.8H2.2V5.2M13.5 9h4.1l4.2 4v3.8h-2.2'
        'M14.7 16.8h-1.2"/><circle cx="7" cy="17" r="2.2"/><circle cx="17.2" cy="17" r="2.2"/>'
    ),
    "health": '<path d="M7.8 8.2v5.2M5.2 10.8h5.2"/>',
    "paperwork": '<path d="M5 8.6h5.6M5 11.4h5.6M5 14.0h2.8"/>',
    "work": '<path d="M4.8 9.4h6v4.2h-6zM6.6 9.2V8h2.4v1.2"/>',
    "care": (
        '<path d="M7.8 14c-3.8-2.6-3-5.4-1.3-5.4.7 0 1.1.4 1.3.9.2-.5.6-.9 1.3-.9'
        'C10.8 8.6 11.6 11.4 7.8 14z"/>'
    ),
    "market": (
        '<path d="M4 4.6h16l1.8 5.2a2.4 2.4 0 0 1-4.9 0 2.4 2.4 0 0 1-4.9 0 '
        "2.4 2.4 0 0 1-4.9 0 2.4 2.4 0 0 1-4.9 0z"
        'M4.4 12.4v7.2h15.2v-7.2"/>'
    ),
    "coworking": '<path d="M5.6 6.2h12.8v9.2H5.6zM2.6 18.6h18.8"/>',
    "pin": (
        '<path d="M12 21.6c-4.3-4.6-6.9-8-6.9-11.5a6.9 6.9 0 0 1 13.8 0'
        'c0 3.5-2.6 6.9-6.9 11.5z"/><circle cx="12" cy="10" r="2.5"/>'
    ),
    "no_network": (
        '<path d="M4.6 10.4a10.4 10.4 0 0 1 14.8 0M8.2 14.2a5.3 5.3 0 0 1 '
        '7.6 0"/><circle class="solid" cx="12" cy="18" r="1.6"/><path d="M3.6 2.6l17 19"/>'
    ),
    "arrow": '<path d="M4 12h15.5M13 5.5l6.5 6.5-6.5 6.5"/>',
    "device": '<path d="M6 3.6h12v16.8H6zM10.2 17.4h3.6"/>',
}

LOGO = Markup(
    '<svg class="logo" viewBox="0 0 48 48" aria-hidden="true" focusable="false">'
    '<rect width="48" height="48" rx="11" fill="#F4C430"/>'
    '<path d="M8 31c7 0 7.5-17 16-17s9 17 16 17" fill="none" stroke="#123B3A" '
    'stroke-width="5.5" stroke-linecap="round"/>'
    '<circle cx="24" cy="35" r="4" fill="#123B3A"/></svg>'
)


def shape(state: str) -> Markup:
    """The shape of a state, as an SVG of its own."""
    return _svg("shape", _SHAPES[state])


def shape_drawing(state: str) -> Markup:
    """The shape of a state centred on the origin, for use inside a drawing."""
    return Markup('<g transform="translate(-12 -12)">{}</g>').format(Markup(_SHAPES[state]))  # noqa: S704 - our own drawing


def pictogram(name: str) -> Markup:
    """A pictogram, as an SVG of its own."""
    return _svg("pictogram", _PICTOGRAMS[name])


def pictogram_drawing(name: str) -> Markup:
    """A pictogram centred on the origin, for use inside a drawing."""
    return Markup('<g class="pictogram" transform="translate(-12 -12)">{}</g>').format(
        Markup(_PICTOGRAMS[name])  # noqa: S704 - our own drawing
    )


def truck(service: str) -> Markup:
    """A truck with the sign of its service."""
    return _svg("pictogram", _PICTOGRAMS["truck"] + _PICTOGRAMS.get(service, ""))


def _svg(kind: str, drawing: str) -> Markup:
    return Markup(  # noqa: S704 - our own drawing
        f'<svg class="{kind}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f"{drawing}</svg>"
    )

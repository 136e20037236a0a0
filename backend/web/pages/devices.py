"""The page of operations: every unit, whether it is heard, what of it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.live.model import UnitState
from backend.web.context import Context
from backend.web.devices import DeviceReport, UnitReport
from backend.web.doors import DoorLine
from backend.web.formats import Language, spaced
from backend.web.rendering import Renderer
from backend.web.words import say
from contract.topics import parse_unit

_SHAPES = {"online": "live", "lost": "no_contact"}


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit as operations see it."""

    unit: str
    name: str
    shape: str
    presence: str
    heard_ms: int | None
    depth: int | None
    """Messages that waited in its outbox when it last said so."""
    report: UnitReport
    explained: str
    alarms: tuple[str, ...]


def render(
    renderer: Renderer,
    context: Context,
    report: DeviceReport,
    doors: Sequence[DoorLine],
    language: Language,
) -> str:
    """The whole page; nothing on it moves, it is read again when it is opened again."""
    units = {vehicle.unit: vehicle.name for vehicle in context.territory.vehicles}
    units |= {space.unit: space.name for space in context.territory.spaces}
    for unit in (*(str(unit) for unit in context.live.units()), *report.units):
        units.setdefault(unit, "")
    title = say(language, "devices_title")
    return renderer.page(
        "devices.html",
        page={"title": f"SoftPlace · {title}", "light": "day"},
        kind="devices",
        live=None,
        title=title,
        lines=[_line(context, unit, name, report, language) for unit, name in units.items()],
        doors=doors,
        quarantined=sorted(report.quarantined.items()),
        query="" if language == "fr" else f"?lang={language}",
    )


def _line(
    context: Context, unit: str, name: str, report: DeviceReport, language: Language
) -> UnitLine:
    state = context.live.state(parse_unit(unit))
    counted = report.units.get(unit, UnitReport())
    return UnitLine(
        unit=unit,
        name=spaced(name, language),
        shape=_SHAPES.get(state.presence, "timetable"),
        presence=say(language, f"presence_{state.presence}"),
        heard_ms=state.heard_ms,
        depth=_depth(state),
        report=counted,
        explained=", ".join(f"{cause} {n}" for cause, n in sorted(counted.explained.items())),
        alarms=tuple(f"{a.alarm}: {a.detail}" for a in report.alarms if a.unit == unit),
    )


def _depth(state: UnitState) -> int | None:
    health = state.newest.get("health")
    depth = None if health is None else getattr(health[1], "outbox_depth", None)
    return depth if isinstance(depth, int) else None

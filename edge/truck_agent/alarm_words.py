"""The body of an alarm about people, with where they are and how old that is. Pure."""

from __future__ import annotations

from edge.drivers.position_source import Fix

OLD_S = 30.0
"""Above it the alarm says how old its position is."""


def alarm_body(
    alarm: str,
    reference: str,
    state: str,
    *,
    step: str | None = None,
    silent_after_s: float | None = None,
    detail: str | None = None,
    fix: Fix | None = None,
    fix_age_s: float | None = None,
) -> dict[str, object]:
    """The fields of an `alarm`; what is not known is left out."""
    body: dict[str, object] = {"alarm": alarm, "reference": reference, "state": state}
    said = [detail] if detail else []
    if fix is not None:
        body |= {"latitude": round(fix.latitude, 7), "longitude": round(fix.longitude, 7)}
        if fix_age_s is not None and fix_age_s > OLD_S:
            said.append(f"position measured {fix_age_s / 60:.0f} min before")
    if said:
        body["detail"] = "; ".join(said)
    if step is not None:
        body["step"] = step
    if silent_after_s is not None:
        body["silent_after_s"] = round(silent_after_s, 1)
    return body

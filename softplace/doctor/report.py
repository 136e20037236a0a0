"""The findings as a table for people or as JSON for machines. Pure."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from softplace.doctor.finding import Finding, State

WIDTH = 100
_SHOWN: dict[State, str] = {
    "ok": "ok",
    "warning": "WARNING",
    "failed": "FAILED",
    "not_checked": "not checked",
}


def as_text(findings: Sequence[Finding]) -> str:
    """One row a check; what to do stands under it."""
    name_width = max(len(finding.check) for finding in findings)
    state_width = max(map(len, _SHOWN.values()))
    indent = " " * (name_width + state_width + 4)
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.check:<{name_width}}  {_SHOWN[finding.state]:<{state_width}}  "
        lines += textwrap.wrap(
            finding.sentence, WIDTH, initial_indent=head, subsequent_indent=indent
        )
        for line in finding.mend.splitlines():
            lines += textwrap.wrap(
                line, WIDTH, initial_indent=f"{indent}-> ", subsequent_indent=f"{indent}   "
            )
    counts = Counter(finding.state for finding in findings)
    lines.append("")
    lines.append(", ".join(f"{counts[state]} {shown}" for state, shown in _SHOWN.items()))
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """{"checks": [{"check", "state", "sentence", "mend"}], "failed": n, "warnings": n}."""
    counts = Counter(finding.state for finding in findings)
    return json.dumps(
        {
            "checks": [asdict(finding) for finding in findings],
            "failed": counts["failed"],
            "warnings": counts["warning"],
        },
        indent=2,
        ensure_ascii=False,
    )

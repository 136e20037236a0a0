"""Runs every check; one that breaks is a row like any other and stops nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from softplace.doctor.finding import Finding, failed, not_checked
from softplace.doctor.rows import CHECKS, Check
from softplace.doctor.subject import Subject

_log = logging.getLogger("softplace.doctor")


async def examine(subject: Subject, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """The findings, in the order of the checks."""
    findings: dict[str, Finding] = {}
    for check in checks:
        needed = findings.get(check.needs or "")
        if needed is not None and needed.state == "failed":
            finding = not_checked(f"the {check.needs} has to be mended first")
        else:
            finding = await _look(check, subject)
        findings[check.name] = replace(finding, check=check.name)
    return list(findings.values())


async def _look(check: Check, subject: Subject) -> Finding:
    try:
        return await check.look(subject)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are wanted
        _log.debug("check broke name=%s", check.name, exc_info=True)
        return failed(
            f"the check itself broke: {type(error).__name__}: {error}",
            "please report this sentence; the other checks stand",
        )

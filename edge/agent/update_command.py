"""The command line of an update."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from contract.clock import SystemClock
from edge.agent.errors import AgentError
from edge.agent.identity import load_identity
from edge.agent.slots import GOOD, Slots
from edge.agent.update import Patience, ServiceManager, Updater
from edge.agent.versions import installed_version, refuse_older
from edge.agent.wheels import Wheels, own_wheels

ROOT = Path("/opt/softplace")
_USUAL = Patience()
INCOMING = "incoming"
"""Where the wheels lie while they are checked and installed; only root reaches them."""
SERVICES = "services.txt"
"""The services of the last `apply`, one a line, for `resume`."""


def parser() -> argparse.ArgumentParser:
    """What may be written."""
    told = argparse.ArgumentParser(prog="python -m edge.agent.update")
    told.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="of the slots")
    told.add_argument("--manager", default="systemctl", metavar="PROGRAM")
    told.add_argument("--hold", type=float, default=_USUAL.hold_s, metavar="SECONDS")
    told.add_argument("--most", type=float, default=_USUAL.most_s, metavar="SECONDS")
    told.add_argument("--look-every", type=float, default=_USUAL.look_every_s, metavar="SECONDS")
    steps = told.add_subparsers(dest="step", required=True)
    apply = steps.add_parser("apply", help="install a directory of signed wheels and watch it")
    apply.add_argument("wheelhouse", type=Path)
    apply.add_argument("--service", action="append", required=True, metavar="UNIT")
    apply.add_argument(
        "--identity", type=Path, required=True, metavar="DIR", help="whose signers vouch for it"
    )
    apply.add_argument("--older", action="store_true", help="go back to an older version")
    steps.add_parser("resume", help="finish or take back what a power cut interrupted")
    return told


async def run(arguments: list[str]) -> int:
    """Update; each step is a line. 0 where the machine runs what it should, else 1."""
    told = parser().parse_args(arguments)
    try:
        if told.step == "apply":
            wheels = _wheels(told)
            (told.root / SERVICES).write_text("\n".join(told.service), encoding="utf-8")
            try:
                ended = await _updater(told, told.service).apply(wheels)
            finally:
                shutil.rmtree(told.root / INCOMING, ignore_errors=True)
            return 0 if ended.result == "healthy" else _complain(ended.reason)
        ended_or_none = await _updater(told, _services(told.root)).resume()
    except (AgentError, OSError) as error:
        return _complain(str(error))
    if ended_or_none is None:
        sys.stdout.write("nothing was interrupted\n")
    return 0


def _wheels(told: argparse.Namespace) -> Wheels:
    """What may be installed. Raises WheelsRefused, OlderVersion and InvalidIdentity."""
    signers = load_identity(told.identity).signers
    wheels = own_wheels(told.wheelhouse, told.root / INCOMING, signers)
    good = Slots(told.root).named(GOOD)
    if good is not None and not told.older:
        refuse_older(wheels.version, installed_version(told.root / good))
    return wheels


def _updater(told: argparse.Namespace, services: list[str]) -> Updater:
    return Updater(
        Slots(told.root),
        ServiceManager([told.manager], services),
        SystemClock(),
        Patience(told.hold, told.most, told.look_every),
        lambda step: print(step, flush=True),  # noqa: T201 - a command line
    )


def _services(root: Path) -> list[str]:
    try:
        return (root / SERVICES).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def _complain(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1

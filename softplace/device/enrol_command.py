"""`softplace device enrol`: the device's own part. Nothing of the backend is imported."""

from __future__ import annotations

import argparse
import json
import os
import pwd
from pathlib import Path

from softplace.failure import CommandFailed

STATE = Path("/var/lib/softplace")
SETTINGS = Path("/etc/softplace")
USER = "softplace"
"""Of deploy/systemd/softplace.sysusers."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--server", required=True, metavar="URL", help="https://HOST")
    parser.add_argument("--code", required=True, help="what `softplace device invite` printed")
    parser.add_argument(
        "--state", type=Path, default=STATE, metavar="DIR", help="keys and outbox (/var/lib/...)"
    )
    parser.add_argument(
        "--settings", type=Path, default=SETTINGS, metavar="DIR", help="configuration (/etc/...)"
    )
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="authority of the server's certificate"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.epilog = (
        "example:\n  sudo softplace device enrol --server https://softplace.example.org"
        " --code K7QF-2M3N-8PXA-0RST-VWXY"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make keys, ask, write the identity and the agent's file."""
    from contract.enrolment import EnrolmentRefused  # noqa: PLC0415 - see above
    from edge.agent.enrolment import (  # noqa: PLC0415
        agent_toml,
        enrol,
        https_post,
        identity_directory,
    )
    from edge.agent.errors import EnrolmentFailed  # noqa: PLC0415
    from edge.link.identity import machine_serial  # noqa: PLC0415

    try:
        post = https_post(arguments.ca)
        answer = enrol(arguments.state, arguments.server, arguments.code, machine_serial(), post)
    except (EnrolmentRefused, EnrolmentFailed) as error:
        raise CommandFailed(str(error)) from error
    kind = answer.unit.partition("/")[0]
    path = arguments.settings / f"agent-{kind}.toml"
    kept = _write(path, agent_toml(answer, arguments.state))
    identity = identity_directory(arguments.state, answer.unit)
    _hand_over(arguments.state, identity.parent, path)
    if arguments.json:
        known = {"unit": answer.unit, "device": answer.device, "identity": str(identity)}
        print(json.dumps(known | {"config": str(path), "config_kept": kept}))
        return 0
    print(f"this is {answer.unit} of {answer.territory} now ({answer.device})")
    if kept:
        print(f"{path} was there and is kept: check its territory, unit and [broker] against")
        print(f"{path}.enrolled")
    print(f"add the sections of what it has of sensors and readers to {path}")
    print(f"start it: sudo systemctl enable --now softplace-agent@{kind}")
    return 0


def _hand_over(state: Path, own: Path, config: Path) -> None:
    """Give what root wrote to the user that the agent runs as, where there is one."""
    if os.geteuid() != 0:
        return
    try:
        owner = pwd.getpwnam(USER)
    except KeyError:
        return
    give_away(state, own, owner.pw_uid, owner.pw_gid)
    os.chown(config, 0, owner.pw_gid)


def give_away(state: Path, own: Path, user: int, group: int) -> None:
    """Give `state` and everything in `own` to that user.

    The agent may write there already, so a link is given away and not what it points to.
    """
    for place in (state, own, *own.rglob("*")):
        os.chown(place, user, group, follow_symlinks=False)


def _write(path: Path, text: str) -> bool:
    """Write the agent's file, or beside it where there is one already; True where there was."""
    kept = path.exists()
    target = path.with_name(f"{path.name}.enrolled") if kept else path
    try:
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o640)
    except OSError as error:
        raise CommandFailed(f"{target} cannot be written: {error.strerror}") from error
    return kept and path.read_text(encoding="utf-8") != text

"""`softplace`: one command, one file per command group.

Exit codes: 0 done, 1 failed (one sentence on the error stream says why and what to do),
2 wrong use.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import dataclass

from softplace import __version__
from softplace.failure import CommandFailed


@dataclass(frozen=True, slots=True)
class Group:
    """A command, the module that does it, and its line in the help."""

    name: str
    module: str
    help: str


GROUPS = (
    Group("up", "softplace.up", "run everything on this machine"),
    Group("serve", "softplace.serve", "run one backend service"),
    Group("agent", "softplace.agent", "run an edge agent"),
    Group("replay", "softplace.replay", "send recordings through the real chain"),
    Group("doctor", "softplace.doctor", "what this machine has, what is wrong, how to mend it"),
    Group("device", "softplace.device", "identities of devices, and help from far away"),
    Group("card", "softplace.card", "cards, rights, doors, master keys"),
    Group("dashboards", "softplace.dashboards", "build, check and push the Grafana dashboards"),
    Group("bench", "softplace.bench", "measure, as ratios against a peer or a limit"),
)


def main(argv: list[str] | None = None) -> int:
    """Run one command; the module of the chosen group alone is imported."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="softplace", description="The nervous system of a territory whose services travel."
    )
    parser.add_argument("--version", action="version", version=f"softplace {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((g for g in GROUPS if g.name in arguments[:1]), None)
    for group in GROUPS:
        subparser = commands.add_parser(
            group.name,
            help=group.help,
            description=group.help,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if group is chosen:
            importlib.import_module(group.module).configure(subparser)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except CommandFailed as failure:
        print(f"softplace {parsed.command}: {failure}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
